/* What the programs of chaos share: chance, time, and what the machine does to the client that measures. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CLIENTS = 1000, MOST_WAITS = 1 << 20 };

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint32_t chance_of(uint64_t *state, uint32_t below)
{
    *state ^= *state << 13, *state ^= *state >> 7, *state ^= *state << 17;
    return (uint32_t)((*state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % below;
}

/* The load must not take the processor from the client that measures. */
static void step_back(void) { setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 10); }

static int dial(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

/* Nanoseconds a thread was ready to run without a processor. */
static uint64_t delayed(int schedstat)
{
    char text[128] = { 0 };
    unsigned long long ran, waited;
    if (schedstat < 0 || pread(schedstat, text, sizeof text - 1, 0) <= 0 || sscanf(text, "%llu %llu", &ran, &waited) != 2)
        return 0;
    return waited;
}

static int open_schedstat(const char *process, const char *name)
{
    char place[512], comm[32];
    snprintf(place, sizeof place, "/proc/%s/task", process);
    DIR *tasks = opendir(place);
    if (!tasks)
        die("no process %s", process);
    for (struct dirent *entry; (entry = readdir(tasks)); ) {
        snprintf(place, sizeof place, "/proc/%s/task/%s/comm", process, entry->d_name);
        FILE *file = fopen(place, "r");
        int found = file && fgets(comm, sizeof comm, file) && strcspn(comm, "\n") == strlen(name) && strncmp(comm, name, strlen(name)) == 0;
        if (file)
            fclose(file);
        if (!found)
            continue;
        snprintf(place, sizeof place, "/proc/%s/task/%s/schedstat", process, entry->d_name);
        closedir(tasks);
        return open(place, O_RDONLY | O_CLOEXEC);
    }
    die("no thread %s in process %s", name, process);
}

/*
 * The waits of the client that behaves. What the machine does to us is no fault of the server: the time during which this thread or the server's was
 * ready to run and had no processor (schedstat of the kernel) is taken off each; raw_max is without that.
 */
static struct {
    int ours, theirs;
    uint64_t at, kept, raw_max, all[MOST_WAITS];
    size_t count;
} waits = { .ours = -1, .theirs = -1 };

static void watch(const char *process, const char *thread)
{
    if (!process)
        return;
    waits.theirs = open_schedstat(process, thread);
    waits.ours = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
}

static void wait_begins(void)
{
    waits.kept = delayed(waits.theirs) + delayed(waits.ours);
    waits.at = now();
}

static void wait_ends(void)
{
    uint64_t took = now() - waits.at, kept = delayed(waits.theirs) + delayed(waits.ours) - waits.kept;
    waits.raw_max = took > waits.raw_max ? took : waits.raw_max;
    if (waits.count < MOST_WAITS)
        waits.all[waits.count++] = took > kept ? took - kept : 0;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* The end of the line of JSON. */
static void print_waits(void)
{
    qsort(waits.all, waits.count, sizeof *waits.all, by_size);
    printf("\"answers\": %zu, \"p50_us\": %.0f, \"p99_us\": %.0f, \"max_us\": %.0f, \"raw_max_us\": %.0f}\n", waits.count,
        (double)waits.all[waits.count / 2] / 1000, (double)waits.all[waits.count * 99 / 100] / 1000, (double)waits.all[waits.count - 1] / 1000,
        (double)waits.raw_max / 1000);
}
