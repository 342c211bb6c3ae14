/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels as processes. */
#define _GNU_SOURCE
#include "linux/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve/serve.h"

/* Names in the working folder. */
static const char *const socket_names[LINUX_MAX_HOSTS] = {"pci0", "pci1"}, *const console_names[LINUX_MAX_HOSTS] = {"console0", "console1"};
static const char time_name[] = "time", disk_name[] = "disk", job_name[] = "job";
enum { LARGEST_CONSOLE = 1 << 20, EXEC_FAILED = 127 };

static void path_in(const struct linux_hosts *hosts, const char *name, char *path, size_t size) {
    snprintf(path, size, "%s/%s", hosts->folder, name);
}

static int fail(char *error, size_t error_size, const char *what, const char *name) {
    const int problem = errno ? errno : EIO;
    snprintf(error, error_size, "%s%s: %s", what, name, strerror(problem));
    return -problem;
}

static int link_disk(const struct linux_hosts *hosts, const char *folder, char *error, size_t error_size) {
    char path[128], absolute[PATH_MAX], root[PATH_MAX];
    snprintf(root, sizeof root, "%s/root", folder);
    path_in(hosts, disk_name, path, sizeof path);
    return realpath(root, absolute) && symlink(absolute, path) == 0 ? 0 : fail(error, error_size, "", root);
}

static int copy_job(const struct linux_hosts *hosts, const char *job, char *error, size_t error_size) {
    char path[128], bytes[4096];
    path_in(hosts, job_name, path, sizeof path);
    FILE *from = fopen(job, "r"), *to = from ? fopen(path, "w") : NULL;
    size_t got = 0;
    while (to && (got = fread(bytes, 1, sizeof bytes, from)) > 0 && fwrite(bytes, 1, got, to) == got) continue;
    const bool copied = to && !ferror(from) && !ferror(to);
    if (from) fclose(from);
    if (to && fclose(to) != 0) return fail(error, error_size, "", path);
    return copied ? 0 : fail(error, error_size, "the job ", job);
}

static int listen_in(const struct linux_hosts *hosts, const char *name, int *fd, char *error, size_t error_size) {
    char path[128];
    path_in(hosts, name, path, sizeof path);
    *fd = serve_listen(path, error, error_size);
    return *fd < 0 ? *fd : 0;
}

/* In the child: becomes the kernel. */
_Noreturn static void become_kernel(const struct linux_hosts *hosts, const struct linux_config *config, unsigned number) {
    char device[64], time_travel[64], host[24], umid[24], seed[48], preload[PATH_MAX + 16], program[PATH_MAX];
    snprintf(device, sizeof device, "virtio_uml.device=%s:1234", socket_names[number]);
    snprintf(time_travel, sizeof time_travel, "time-travel=ext:%u:%s", number, time_name);
    snprintf(host, sizeof host, "host=%u", number);
    snprintf(umid, sizeof umid, "umid=host%u", number);
    /* The same length for every seed: what is on the first stack moves the kernel's memory. */
    snprintf(seed, sizeof seed, "RINGSIDE_SEED=%020" PRIu64, config->seed * LINUX_MAX_HOSTS + number);
    snprintf(program, sizeof program, "%s/linux", config->folder);
    const bool paths_hold = realpath(config->entropy, preload + strlen("LD_PRELOAD=")) != NULL;
    memcpy(preload, "LD_PRELOAD=", strlen("LD_PRELOAD="));
    /* The kernel's disks want absolute names, and umid names the folder that it makes in HOME. */
    char *const arguments[] = {"linux", "mem=64M", "rootfstype=hostfs", "rootflags=/proc/self/cwd/disk", "ro", "init=/init", "con=null",
                               "con0=null,fd:1", "quiet", "panic=-1", "job=/proc/self/cwd/job", host, umid, device, time_travel, NULL};
    char *const environment[] = {seed, "HOME=.", preload, NULL};
    const int kernel = open(program, O_RDONLY | O_CLOEXEC);
    const int quiet = open("/dev/null", O_RDONLY);
    if (!paths_hold || kernel < 0 || quiet < 0 || chdir(hosts->folder) != 0) _exit(EXEC_FAILED);
    const int console = open(console_names[number], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    if (console < 0 || dup2(quiet, 0) < 0 || dup2(console, 1) < 0 || dup2(console, 2) < 0) _exit(EXEC_FAILED);
    setpgid(0, 0);
    personality(ADDR_NO_RANDOMIZE);
    fexecve(kernel, arguments, environment);
    _exit(EXEC_FAILED);
}

static int start_all(struct linux_hosts *hosts, const struct linux_config *config, char *error, size_t error_size) {
    int status = link_disk(hosts, config->folder, error, error_size);
    if (status == 0) status = copy_job(hosts, config->job, error, error_size);
    if (status == 0) status = listen_in(hosts, time_name, &hosts->time, error, error_size);
    for (unsigned i = 0; status == 0 && i < config->hosts; i++) status = listen_in(hosts, socket_names[i], &hosts->sockets[i], error, error_size);
    for (unsigned i = 0; status == 0 && i < config->hosts; i++) {
        const pid_t kernel = fork();
        if (kernel == 0) become_kernel(hosts, config, i);
        if (kernel < 0) return fail(error, error_size, "a kernel could not be started", "");
        setpgid(kernel, kernel);
        hosts->kernels[hosts->count++] = kernel;
    }
    return status;
}

int linux_hosts_start(struct linux_hosts *hosts, const struct linux_config *config, char *error, size_t error_size) {
    *hosts = (struct linux_hosts){.sockets = {-1, -1}, .time = -1};
    char kernel[PATH_MAX];
    snprintf(kernel, sizeof kernel, "%s/linux", config->folder);
    if (access(kernel, X_OK) != 0) {
        snprintf(error, error_size, "%s: there is no kernel; sim/linux/kernel builds one", kernel);
        return -ENOENT;
    }
    const char *base = getenv("TMPDIR");
    snprintf(hosts->folder, sizeof hosts->folder, "%s/ringside-linux-XXXXXX", base && strlen(base) < 40 ? base : "/tmp");
    if (!mkdtemp(hosts->folder)) return fail(error, error_size, "", hosts->folder);
    const int status = start_all(hosts, config, error, error_size);
    if (status) linux_hosts_end(hosts);
    return status;
}

char *linux_hosts_console(const struct linux_hosts *hosts, unsigned number, int *status) {
    char path[128], *text = calloc(1, LARGEST_CONSOLE + 1);
    if (!text) abort();
    path_in(hosts, console_names[number], path, sizeof path);
    FILE *console = fopen(path, "r");
    if (console) {
        (void)!fread(text, 1, LARGEST_CONSOLE, console);
        fclose(console);
    }
    char last[32];
    snprintf(last, sizeof last, "host %u: status ", number);
    const char *line = strstr(text, last);
    *status = line ? atoi(line + strlen(last)) : -1;
    return text;
}

static int remove_one(const char *path, const struct stat *file, int type, struct FTW *where) {
    (void)file;
    (void)type;
    (void)where;
    remove(path);
    return 0;
}

void linux_hosts_end(struct linux_hosts *hosts) {
    /* The kernel's user processes are processes of their own, in its group. */
    for (unsigned i = 0; i < hosts->count; i++) {
        kill(-hosts->kernels[i], SIGKILL);
        waitpid(hosts->kernels[i], NULL, 0);
    }
    hosts->count = 0;
    if (hosts->time >= 0) close(hosts->time);
    for (unsigned i = 0; i < LINUX_MAX_HOSTS; i++)
        if (hosts->sockets[i] >= 0) close(hosts->sockets[i]);
    nftw(hosts->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
