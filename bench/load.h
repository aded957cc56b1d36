/*
 * What the load generators have in common: the end after anything wrong, the clock, latencies, the pattern files are filled with, buffers, and
 * the talk with the runner. Each generator is one program of one file that defines PROGRAM before it includes this.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, MEBI = 1 << 20, MAX_IOV = 512 };
/* The pattern repeats after a number of bytes no power of two divides, so data from a wrong page never looks right. */
#define PERIOD (8ull * 131101)

static uint64_t now_ns, operations, bytes;

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs(PROGRAM ": ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    exit(1);
}

static inline uint64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t next_random(void)
{
    static uint64_t seed = 88172645463325252ull;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Latencies: 16 buckets to each power of two. */
static uint64_t histogram[64 * 16];

static inline void record(uint64_t ns)
{
    unsigned high = 63 - (unsigned)__builtin_clzll(ns | 16);
    histogram[(high << 4) | ((ns >> (high - 4)) & 15)]++;
}

static inline double percentile_us(double part)
{
    uint64_t total = 0, seen = 0;
    for (int i = 0; i < 64 * 16; i++)
        total += histogram[i];
    for (int i = 0; i < 64 * 16; i++) {
        seen += histogram[i];
        if (total && (double)seen >= part * (double)total)
            return (double)((uint64_t)(16 + (i & 15)) << (i >> 4)) / 16 / 1000;
    }
    return 0;
}

/* What lies at `offset` of a file filled by make_file, good for a MiB. */
static inline const unsigned char *expected(uint64_t offset)
{
    static unsigned char *pattern;
    if (!pattern) {
        size_t length = PERIOD + MEBI;
        pattern = malloc(length);
        for (uint64_t at = 0; at < length; at += 8) {
            uint64_t word = (at % PERIOD + 1) * 0x9E3779B97F4A7C15ull;
            memcpy(pattern + at, &word, 8);
        }
    }
    return pattern + offset % PERIOD;
}

/* Data that came back: small and the first large pieces whole, later ones by a line of each page, or the client would be the limit. */
static inline void check_data(uint64_t offset, uint32_t count, const unsigned char *data)
{
    static uint64_t checked;
    const unsigned char *want = expected(offset);
    if (count <= PAGE || checked < 64) {
        checked++;
        if (memcmp(data, want, count))
            die("wrong data at %llu", (unsigned long long)offset);
        return;
    }
    for (uint32_t at = 0; at + 64 <= count; at += PAGE) {
        if (memcmp(data + at, want + at, 64))
            die("wrong data at %llu", (unsigned long long)(offset + at));
    }
}

static inline int make_file(const char *path, uint64_t size)
{
    int made = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (made < 0)
        die("%s: %s", path, strerror(errno));
    for (uint64_t at = 0; at < size;) {
        size_t part = size - at < MEBI ? size - at : MEBI;
        ssize_t n = pwrite(made, expected(at), part, (off_t)at);
        if (n <= 0)
            die("%s: %s", path, strerror(errno));
        at += (uint64_t)n;
    }
    return close(made);
}

/* What is to be sent: heads side by side in one buffer, payload from where it lies. */
struct output {
    unsigned char *bytes;
    size_t used, size;
    struct iovec iov[MAX_IOV];
    int iov_used;
};

/* Room for `size` bytes behind what is there, all of them to be filled. */
static inline unsigned char *out_room(struct output *o, size_t size)
{
    if (!o->bytes)
        o->bytes = malloc(o->size = MEBI);
    if (o->used + size > o->size || o->iov_used + 2 > MAX_IOV)
        die("output overrun");
    unsigned char *p = o->bytes + o->used;
    struct iovec *last = o->iov_used ? &o->iov[o->iov_used - 1] : NULL;
    if (last && (unsigned char *)last->iov_base + last->iov_len == p)
        last->iov_len += size;
    else
        o->iov[o->iov_used++] = (struct iovec){ p, size };
    o->used += size;
    return p;
}

static inline void out_data(struct output *o, const void *data, size_t size) { o->iov[o->iov_used++] = (struct iovec){ (void *)data, size }; }

static inline void out_flush(struct output *o, int fd)
{
    struct msghdr message = { .msg_iov = o->iov, .msg_iovlen = (size_t)o->iov_used };
    while (message.msg_iovlen) {
        ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            die("send: %s", strerror(errno));
        while (n > 0) {
            size_t part = message.msg_iov->iov_len < (size_t)n ? message.msg_iov->iov_len : (size_t)n;
            message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + part;
            message.msg_iov->iov_len -= part;
            n -= (ssize_t)part;
            if (!message.msg_iov->iov_len) {
                message.msg_iov++;
                message.msg_iovlen--;
            }
        }
    }
    o->iov_used = 0;
    o->used = 0;
}

/* What has come and is not used up: bytes from start to end. */
struct input {
    unsigned char *bytes;
    size_t start, end, size;
};

/* Receives once, with room for a message of `largest` bytes; false when there was nothing. */
static inline int in_receive(struct input *in, int fd, size_t largest, int flags)
{
    if (!in->bytes)
        in->bytes = calloc(1, in->size = 4 * largest > MEBI / 2 ? 4 * largest : MEBI / 2);
    if (in->start == in->end) {
        in->start = in->end = 0;
    } else if (in->size - in->start < largest) {
        memmove(in->bytes, in->bytes + in->start, in->end - in->start);
        in->end -= in->start;
        in->start = 0;
    }
    ssize_t n = recv(fd, in->bytes + in->end, in->size - in->end, flags);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (n <= 0)
        die("connection lost: %s", n ? strerror(errno) : "end of stream");
    in->end += (size_t)n;
    now_ns = clock_ns();
    return 1;
}

static inline double processor_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* Warms up, tells the runner, waits for its word, measures, tells what came out. `unit`: bytes of one operation, 0 to count operations. */
static inline void measure(void (*run)(double seconds), double warmup, double seconds, uint64_t unit)
{
    if (warmup > 0)
        run(warmup);
    operations = bytes = 0;
    memset(histogram, 0, sizeof histogram);
    printf("ready\n");
    fflush(stdout);
    if (getchar() == EOF)
        exit(1);
    double used = processor_seconds();
    uint64_t from = clock_ns();
    run(seconds);
    double took = (double)(clock_ns() - from) / 1e9;
    used = processor_seconds() - used;
    printf("{\"operations\": %llu, \"bytes\": %llu, \"seconds\": %.6f, \"p50_us\": %.2f, \"p99_us\": %.2f, \"client_cpu_seconds\": %.6f}\n",
           (unsigned long long)(unit ? bytes / unit : operations), (unsigned long long)bytes, took, percentile_us(0.5), percentile_us(0.99), used);
    fflush(stdout);
}
