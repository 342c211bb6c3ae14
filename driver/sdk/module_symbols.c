/* SPDX-License-Identifier: Apache-2.0 */
/* module_symbols.c: reads a module's symbol and relocation tables, and its line numbers, before it is loaded. */
#define _GNU_SOURCE
#include "module_symbols.h"

#include "module.h"

#include <dlfcn.h>
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NAMES_MOST = 24 /* in one message */ };

struct reader {
    const char *path;
    int file;
    Elf *elf;
    Dwfl *dwfl;
    Dwfl_Module *lines;
    FILE *out;
    unsigned missing;
};

static Elf_Data *data_of(Elf *elf, GElf_Word type, GElf_Shdr *header) {
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));)
        if (gelf_getshdr(section, header) && header->sh_type == type) return elf_getdata(section, NULL);
    return NULL;
}

/* ---- Where an address is */
static void open_lines(struct reader *reader) {
    static char *debuginfo_path;
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_build_id_find_elf, .find_debuginfo = dwfl_standard_find_debuginfo,
                                             .section_address = dwfl_offline_section_address, .debuginfo_path = &debuginfo_path};
    reader->dwfl = dwfl_begin(&callbacks);
    if (!reader->dwfl) return;
    reader->lines = dwfl_report_elf(reader->dwfl, reader->path, reader->path, -1, 0, false);
    (void)dwfl_report_end(reader->dwfl, NULL, NULL);
}

/* The function that an address lies in, of the full symbol table. */
static const char *function_at(Elf *elf, GElf_Addr address) {
    GElf_Shdr header;
    Elf_Data *symbols = data_of(elf, SHT_SYMTAB, &header);
    GElf_Sym symbol;
    for (int i = 0; symbols && gelf_getsym(symbols, i, &symbol); i++)
        if (GELF_ST_TYPE(symbol.st_info) == STT_FUNC && address >= symbol.st_value && address < symbol.st_value + symbol.st_size)
            return elf_strptr(elf, header.sh_link, symbol.st_name);
    return NULL;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "file.c:7 in Function", or as much of that as is known. */
static void print_place(struct reader *reader, GElf_Addr address) {
    const char *function = function_at(reader->elf, address);
    int line = 0;
    Dwfl_Line *source = reader->lines ? dwfl_module_getsrc(reader->lines, address) : NULL;
    const char *file = source ? dwfl_lineinfo(source, NULL, &line, NULL, NULL, NULL) : NULL;
    if (file) fprintf(reader->out, "%s:%d", base_name(file), line);
    else fprintf(reader->out, "0x%llx of %s", (unsigned long long)address, base_name(reader->path));
    if (function) fprintf(reader->out, " in %s", function);
}

/* ---- Where a name is used: relocations of code and data that the linker kept */
static bool relocation_names(Elf *elf, const GElf_Shdr *table, GElf_Xword info, const char *name) {
    GElf_Shdr symbols_header;
    Elf_Scn *symbols = elf_getscn(elf, table->sh_link);
    GElf_Sym symbol;
    if (!symbols || !gelf_getshdr(symbols, &symbols_header) || !gelf_getsym(elf_getdata(symbols, NULL), (int)GELF_R_SYM(info), &symbol)) return false;
    const char *text = elf_strptr(elf, symbols_header.sh_link, symbol.st_name);
    return text && strcmp(text, name) == 0;
}

/* The first use in code; else, in a table of pointers; 0: none is known. */
static GElf_Addr find_use(Elf *elf, const char *name) {
    GElf_Addr in_data = 0;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr table, target;
        if (!gelf_getshdr(section, &table) || table.sh_type != SHT_RELA || table.sh_info == 0) continue;
        Elf_Scn *place = elf_getscn(elf, table.sh_info);
        if (!place || !gelf_getshdr(place, &target)) continue;
        GElf_Rela relocation;
        Elf_Data *data = elf_getdata(section, NULL);
        for (int i = 0; gelf_getrela(data, i, &relocation); i++) {
            if (!relocation_names(elf, &table, relocation.r_info, name)) continue;
            if (target.sh_flags & SHF_EXECINSTR) return relocation.r_offset;
            if (target.sh_flags & SHF_ALLOC) in_data = in_data ? in_data : relocation.r_offset;
        }
    }
    return in_data;
}

static void print_missing(struct reader *reader, const char *name) {
    if (reader->missing++ >= NAMES_MOST) return;
    const GElf_Addr use = find_use(reader->elf, name);
    const char *plan = module_plan(name);
    fprintf(reader->out, "\n  %s: ", name);
    if (use) {
        fprintf(reader->out, "used at ");
        print_place(reader, use);
    } else {
        fprintf(reader->out, "used in a place that the module does not tell: link it with -Wl,--emit-relocs, compile it with -g");
    }
    fprintf(reader->out, "; %s", plan ? plan : "unknown here: a source that is left out of the module, a misspelt name, or a macro of a header that is not there");
}

static void check(struct reader *reader) {
    GElf_Shdr header;
    Elf_Data *symbols = data_of(reader->elf, SHT_DYNSYM, &header);
    GElf_Sym symbol;
    for (int i = 1; symbols && gelf_getsym(symbols, i, &symbol); i++) {
        const char *name = elf_strptr(reader->elf, header.sh_link, symbol.st_name);
        if (symbol.st_shndx != SHN_UNDEF || GELF_ST_BIND(symbol.st_info) != STB_GLOBAL || !name || *name == '\0') continue;
        if (!dlsym(RTLD_DEFAULT, name)) print_missing(reader, name);
    }
}

static void close_reader(struct reader *reader) {
    if (reader->dwfl) dwfl_end(reader->dwfl);
    if (reader->out) fclose(reader->out);
    if (reader->elf) elf_end(reader->elf);
    if (reader->file >= 0) close(reader->file);
}

/* With its lines, and messages to `text`; false when the file cannot be read. */
static bool open_reader(struct reader *reader, char *text, size_t size) {
    (void)elf_version(EV_CURRENT);
    reader->file = open(reader->path, O_RDONLY | O_CLOEXEC);
    reader->elf = reader->file < 0 ? NULL : elf_begin(reader->file, ELF_C_READ, NULL);
    reader->out = fmemopen(text, size, "w");
    if (!reader->elf || !reader->out) return false;
    open_lines(reader);
    return true;
}

bool module_check_symbols(const char *path, char *error, size_t size) {
    struct reader reader = {.path = path};
    const bool readable = open_reader(&reader, error, size);
    if (!readable) {
        snprintf(error, size, "%s: the module cannot be read: %s", path, elf_errmsg(-1));
    } else {
        fprintf(reader.out, "%s: the module calls what this program does not have:", path);
        check(&reader);
        if (reader.missing > NAMES_MOST) fprintf(reader.out, "\n  and %u more", reader.missing - NAMES_MOST);
    }
    const bool good = readable && reader.missing == 0;
    close_reader(&reader);
    if (good) error[0] = '\0'; /* what else goes wrong with it later is not this */
    return good;
}

void module_place(const void *instruction, char *text, size_t size) {
    Dl_info info;
    text[0] = '\0';
    if (!dladdr(instruction, &info)) return;
    struct reader reader = {.path = info.dli_fname};
    if (open_reader(&reader, text, size)) print_place(&reader, (GElf_Addr)((const char *)instruction - (const char *)info.dli_fbase));
    close_reader(&reader);
}

/* A child of the unit: -1 when it is not the function. */
static int returns(Dwarf_Die *entry, const char *function) {
    const char *name = dwarf_tag(entry) == DW_TAG_subprogram ? dwarf_diename(entry) : NULL;
    if (!name || strcmp(name, function) != 0 || !dwarf_hasattr(entry, DW_AT_external)) return -1;
    return dwarf_hasattr(entry, DW_AT_type);
}

bool module_returns(const char *path, const char *function) {
    struct reader reader = {.path = path};
    int known = -1;
    open_lines(&reader);
    Dwarf_Addr bias;
    for (Dwarf_Die *unit = NULL; known < 0 && reader.lines && (unit = dwfl_module_nextcu(reader.lines, unit, &bias));) {
        Dwarf_Die entry;
        for (int end = dwarf_child(unit, &entry); end == 0 && known < 0; end = dwarf_siblingof(&entry, &entry)) known = returns(&entry, function);
    }
    if (reader.dwfl) dwfl_end(reader.dwfl);
    return known != 0;
}

const char *module_plan(const char *name) {
    static const struct {
        const char *name, *plan;
    } plans[] = {
#define PLANNED(name, with) {#name, "planned, with " with},
#define NOT_PLANNED(name, why) {#name, "not planned: " why},
#include "planned.def"
#undef PLANNED
#undef NOT_PLANNED
    };
    for (size_t i = 0; i < sizeof(plans) / sizeof(*plans); i++)
        if (strcmp(plans[i].name, name) == 0) return plans[i].plan;
    return NULL;
}
