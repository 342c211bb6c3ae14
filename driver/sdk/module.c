/* SPDX-License-Identifier: Apache-2.0 */
/* module.c: opens modules; the errors that a file can have before one of its names is looked at. */
#define _GNU_SOURCE
#include "module.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module_symbols.h"

enum { NAME_MOST = 64 };

struct module {
    void *handle;
    union {
        void *object;
        DRIVER_INITIALIZE *driver;
        int (*program)(int argc, char **argv);
    } entry;
    bool has_status; /* of a program: main returns one */
    char name[NAME_MOST];
};

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { MACHINE = EM_AARCH64 };
#else
#error "module.c: name the machine that modules are built for"
#endif

static bool starts_with(const unsigned char *bytes, const char *with, size_t count) { return memcmp(bytes, with, count) == 0; }

/* What kind of file it is. True: a shared object of this machine. */
static bool check_header(const char *path, char *error, size_t size) {
    union {
        Elf64_Ehdr elf;
        unsigned char bytes[sizeof(Elf64_Ehdr)];
    } header = {.bytes = {0}};
    FILE *file = fopen(path, "rb");
    if (!file) {
        snprintf(error, size, "%s: %s; build the driver with ringside_add_driver(), or give the path of the module", path, strerror(errno));
        return false;
    }
    const size_t got = fread(header.bytes, 1, sizeof(header), file);
    fclose(file);
    const char *wrong = NULL;
    if (got < sizeof(header)) wrong = "too short to be a module";
    else if (starts_with(header.bytes, "MZ", 2)) wrong = "a Windows image; a module is built from the driver's sources, not from its .sys file";
    else if (!starts_with(header.bytes, ELFMAG, SELFMAG)) wrong = "no shared object";
    else if (header.elf.e_ident[EI_CLASS] != ELFCLASS64) wrong = "built for 32 bits; drivers run as 64-bit code here: compile without -m32";
    else if (header.elf.e_machine != MACHINE) wrong = "built for another processor than this program: compile it with this machine's own compiler";
    else if (header.elf.e_type != ET_DYN) wrong = "an object or a program, and no shared object: link it with -shared";
    if (wrong) snprintf(error, size, "%s: the file is %s; driver/sdk/README.md has the command that builds one", path, wrong);
    return wrong == NULL;
}

static void name_it(struct module *module, const char *path) {
    const char *slash = strrchr(path, '/');
    snprintf(module->name, sizeof(module->name), "%s", slash ? slash + 1 : path);
    char *dot = strrchr(module->name, '.');
    if (dot && strcmp(dot, ".so") == 0) *dot = '\0';
}

/* dlopen looks a name without a slash up in the system's folders. */
static void *open_at(const char *path) {
    char here[4096];
    snprintf(here, sizeof(here), "%s%s", strchr(path, '/') ? "" : "./", path);
    return dlopen(here, RTLD_NOW | RTLD_LOCAL);
}

static struct module *open_with(const char *path, const char *entry, char *error, size_t size) {
    if (!check_header(path, error, size) || !module_check_symbols(path, error, size)) return NULL;
    struct module *module = calloc(1, sizeof(*module));
    if (!module) {
        snprintf(error, size, "%s: out of memory", path);
        return NULL;
    }
    name_it(module, path);
    module->handle = open_at(path);
    if (!module->handle) {
        snprintf(error, size, "%s: the module does not load: %s", path, dlerror());
        goto free_module;
    }
    module->entry.object = dlsym(module->handle, entry);
    if (!module->entry.object) {
        snprintf(error, size, "%s: the module has no %s; is the source that defines it among those that were built, and not static?", path, entry);
        goto close_handle;
    }
    return module;

close_handle:
    dlclose(module->handle);
free_module:
    free(module);
    return NULL;
}

struct module *module_open(const char *path, char *error, size_t size) { return open_with(path, "DriverEntry", error, size); }

struct module *module_open_program(const char *path, char *error, size_t size) {
    struct module *module = open_with(path, "main", error, size);
    if (module) module->has_status = module_returns(path, "main");
    return module;
}

void module_close(struct module *module) {
    if (!module) return;
    dlclose(module->handle);
    free(module);
}

const char *module_name(const struct module *module) { return module->name; }

DRIVER_INITIALIZE *module_entry(const struct module *module) { return module->entry.driver; }

int module_run(const struct module *module, int argc, char **argv) {
    const int status = module->entry.program(argc, argv);
    return module->has_status ? status : 0;
}
