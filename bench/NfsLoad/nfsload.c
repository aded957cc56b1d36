/*
 * nfsload: load on an NFSv3 server that costs little itself.
 *
 *   nfsload --make FILE BYTES
 *   nfsload --connect HOST:NFSPORT:MOUNTPORT --export PATH --job JOB [--depth N] [--seconds S] [--warmup S] [--file-size BYTES] [--uid N]
 *
 * JOB: getattr, lookup, read4k, read1m, create (CREATE GUARDED, then REMOVE: one operation). One thread, one TCP connection with `depth`
 * operations under way. Calls that became possible in one receive leave in one send. Every reply is checked: one fragment, xid, RPC and NFS
 * status, size of what comes back; data read is compared with the pattern of the file.
 * Prints "ready" after the warm-up, waits for a line on standard input, runs, prints one line of JSON. Any wrong reply ends it with status 1.
 *
 * The tree it expects, made by the runner: f00 to f99 and `data` of --file-size bytes filled by --make; the directory must be writable.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { GETATTR = 1, LOOKUP = 3, READ = 6, CREATE = 8, REMOVE = 12 };
enum job { JOB_GETATTR, JOB_LOOKUP, JOB_READ4K, JOB_READ1M, JOB_CREATE, JOBS };
static const char *const names[JOBS] = { "getattr", "lookup", "read4k", "read1m", "create" };
enum { MAX_DEPTH = 128, PAGE = 4096, BIG = 1 << 20, IN_SIZE = 4 << 20, OUT_SIZE = 1 << 20 };
/* The pattern repeats after a number of bytes no power of two divides, so data from a wrong page never looks right. */
#define PERIOD (8ull * 131101)

struct handle { uint32_t length; unsigned char bytes[64]; };
struct slot { uint64_t start, offset; uint32_t count, serial, xid, procedure; };

static unsigned char *pattern, *in, *out;
static size_t in_start, in_end, out_used;
static int fd;
static enum job job;
static unsigned depth = 1, uid, busy;
static uint64_t file_size = 64 << 20, seed = 88172645463325252ull, now_ns, operations, bytes, checked, next_offset;
static struct handle root, file;
static struct slot slots[MAX_DEPTH];
static uint64_t histogram[64 * 16];
static int stopping;
static uint32_t round_number;

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fprintf(stderr, "nfsload: ");
    vfprintf(stderr, format, list);
    fprintf(stderr, "\n");
    exit(1);
}

static uint64_t clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void make_pattern(void)
{
    size_t length = PERIOD + 2 * BIG;
    pattern = malloc(length);
    for (uint64_t at = 0; at + 8 <= length; at += 8) {
        uint64_t word = (at % PERIOD + 1) * 0x9E3779B97F4A7C15ull;
        memcpy(pattern + at, &word, 8);
    }
}

static const unsigned char *expected(uint64_t offset) { return pattern + offset % PERIOD; }

/* 16 buckets to each power of two. */
static void record(uint64_t ns)
{
    unsigned high = 63 - (unsigned)__builtin_clzll(ns | 16);
    histogram[(high << 4) | ((ns >> (high - 4)) & 15)]++;
}

static double percentile(double part)
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

static void u32(uint32_t value)
{
    value = htonl(value);
    memcpy(out + out_used, &value, 4);
    out_used += 4;
}

static void u64(uint64_t value)
{
    u32((uint32_t)(value >> 32));
    u32((uint32_t)value);
}

static void opaque(const void *data, uint32_t length)
{
    u32(length);
    memset(out + out_used, 0, (length + 3) & ~3u);
    memcpy(out + out_used, data, length);
    out_used += (length + 3) & ~3u;
}

static uint32_t word(const unsigned char *p)
{
    uint32_t value;
    memcpy(&value, p, 4);
    return ntohl(value);
}

/* Head of a call; gives where the record mark is, for end_call. */
static size_t begin_call(uint32_t xid, uint32_t program, uint32_t procedure)
{
    if (out_used + 4096 > OUT_SIZE)
        die("output overrun");
    size_t at = out_used;
    u32(0);
    u32(xid);
    u32(0);
    u32(2);
    u32(program);
    u32(3);
    u32(procedure);
    u32(1);
    u32(24);
    u32(0);
    opaque("load", 4);
    u32(uid);
    u32(uid);
    u32(0);
    u32(0);
    u32(0);
    return at;
}

static void end_call(size_t at)
{
    uint32_t mark = htonl(0x80000000u | (uint32_t)(out_used - at - 4));
    memcpy(out + at, &mark, 4);
}

static void flush_out(void)
{
    for (size_t at = 0; at < out_used;) {
        ssize_t n = send(fd, out + at, out_used - at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            die("send: %s", strerror(errno));
        at += (size_t)n;
    }
    out_used = 0;
}

/* Results of one record, whose RPC head has been checked. */
static const unsigned char *results(const unsigned char *record_, uint32_t size, uint32_t *left)
{
    if (size < 28 || word(record_ + 4) != 1 || word(record_ + 8) != 0 || word(record_ + 16) != 0 || word(record_ + 20) != 0)
        die("RPC error in a reply of %u bytes", size);
    *left = size - 24;
    return record_ + 24;
}

static void connect_to(const char *host, int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int one = 1;
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
        die("%s is no IPv4 address", host);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    /* Some servers want a privileged port; without the right to one the kernel chooses. */
    struct sockaddr_in mine = { .sin_family = AF_INET };
    for (int p = 1000; p > 600; p--) {
        mine.sin_port = htons((uint16_t)p);
        if (bind(fd, (struct sockaddr *)&mine, sizeof mine) == 0 || errno == EACCES)
            break;
    }
    if (connect(fd, (struct sockaddr *)&address, sizeof address))
        die("connect %s:%d: %s", host, port, strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/* The next whole record: its bytes without the mark. */
static const unsigned char *next_record(uint32_t *size, int wait)
{
    for (;;) {
        if (in_end - in_start >= 4) {
            uint32_t mark = word(in + in_start);
            *size = mark & 0x7fffffff;
            if (!(mark & 0x80000000))
                die("a reply in several fragments");
            if (*size > IN_SIZE / 2)
                die("reply of %u bytes", *size);
            if (in_end - in_start - 4 >= *size) {
                const unsigned char *found = in + in_start + 4;
                in_start += 4 + *size;
                return found;
            }
        }
        if (!wait)
            return NULL;
        if (in_start > IN_SIZE / 2) {
            memmove(in, in + in_start, in_end - in_start);
            in_end -= in_start;
            in_start = 0;
        }
        ssize_t n = recv(fd, in + in_end, IN_SIZE - in_end, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            die("connection lost: %s", n ? strerror(errno) : "end of stream");
        in_end += (size_t)n;
        now_ns = clock_ns();
    }
}

static struct handle take_handle(const unsigned char *p)
{
    struct handle h = { .length = word(p) };
    if (h.length > 64)
        die("handle of %u bytes", h.length);
    memcpy(h.bytes, p + 4, h.length);
    return h;
}

static struct handle mount_export(const char *path)
{
    uint32_t size, left;
    size_t at = begin_call(1, 100005, 1);
    opaque(path, (uint32_t)strlen(path));
    end_call(at);
    flush_out();
    const unsigned char *r = next_record(&size, 1);
    r = results(r, size, &left);
    if (word(r))
        die("mount of %s: %u", path, word(r));
    return take_handle(r + 4);
}

static struct handle lookup(const char *name)
{
    uint32_t size, left;
    size_t at = begin_call(2, 100003, LOOKUP);
    opaque(root.bytes, root.length);
    opaque(name, (uint32_t)strlen(name));
    end_call(at);
    flush_out();
    const unsigned char *r = next_record(&size, 1);
    r = results(r, size, &left);
    if (word(r))
        die("lookup of %s: %u", name, word(r));
    return take_handle(r + 4);
}

/* Sends the next call of an operation. The slot is in the low byte of the xid; the rest never repeats. */
static void step(uint32_t number)
{
    struct slot *s = &slots[number];
    char name[32];
    s->xid = (++round_number << 8) | number;
    size_t at;
    switch (job) {
    case JOB_GETATTR:
        at = begin_call(s->xid, 100003, s->procedure = GETATTR);
        opaque(file.bytes, file.length);
        break;
    case JOB_LOOKUP:
        at = begin_call(s->xid, 100003, s->procedure = LOOKUP);
        opaque(root.bytes, root.length);
        snprintf(name, sizeof name, "f%02u", (unsigned)(next_random() % 100));
        opaque(name, 3);
        break;
    case JOB_READ4K:
    case JOB_READ1M:
        at = begin_call(s->xid, 100003, s->procedure = READ);
        s->count = job == JOB_READ4K ? PAGE : BIG;
        if (job == JOB_READ4K) {
            s->offset = next_random() % (file_size / PAGE) * PAGE;
        } else {
            if (next_offset + BIG > file_size)
                next_offset = 0;
            s->offset = next_offset;
            next_offset += BIG;
        }
        opaque(file.bytes, file.length);
        u64(s->offset);
        u32(s->count);
        break;
    default:
        at = begin_call(s->xid, 100003, s->procedure = s->procedure == CREATE ? REMOVE : CREATE);
        opaque(root.bytes, root.length);
        if (s->procedure == CREATE)
            s->serial++;
        snprintf(name, sizeof name, "new-%u-%u", number, s->serial);
        opaque(name, (uint32_t)strlen(name));
        if (s->procedure == CREATE) {
            u32(1);
            u32(1);
            u32(0644);
            for (int i = 0; i < 5; i++)
                u32(0);
        }
        break;
    }
    end_call(at);
}

static void start(uint32_t number)
{
    slots[number].start = now_ns;
    slots[number].procedure = 0;
    busy++;
    step(number);
}

static void check_data(const struct slot *s, const unsigned char *data)
{
    const unsigned char *want = expected(s->offset);
    if (s->count <= PAGE || checked < 64) {
        checked++;
        if (memcmp(data, want, s->count))
            die("wrong data at %llu", (unsigned long long)s->offset);
        return;
    }
    for (uint32_t at = 0; at + 64 <= s->count; at += PAGE) {
        if (memcmp(data + at, want + at, 64))
            die("wrong data at %llu", (unsigned long long)(s->offset + at));
    }
}

static void reply(const unsigned char *message, uint32_t size)
{
    uint32_t xid = word(message), number = xid & 0xff, left;
    if (number >= depth || slots[number].xid != xid)
        die("reply to a call that is not under way");
    struct slot *s = &slots[number];
    const unsigned char *r = results(message, size, &left);
    if (word(r))
        die("%s: procedure %u failed: %u", names[job], s->procedure, word(r));
    switch (s->procedure) {
    case GETATTR:
        if (left != 88 || word(r + 4) != 1)
            die("wrong attributes");
        break;
    case LOOKUP:
        if (left < 8 + word(r + 4))
            die("short lookup");
        break;
    case READ: {
        uint32_t at = word(r + 4) ? 92 : 8;
        if (left < at + 12 + s->count || word(r + at) != s->count || word(r + at + 8) != s->count)
            die("short read");
        check_data(s, r + at + 12);
        bytes += s->count;
        break;
    }
    case CREATE:
        step(number);
        return;
    }
    record(now_ns - s->start);
    operations++;
    busy--;
    if (!stopping)
        start(number);
}

static void turn(void)
{
    uint32_t size;
    const unsigned char *message = next_record(&size, 1);
    do {
        reply(message, size);
    } while ((message = next_record(&size, 0)));
    if (in_start == in_end)
        in_start = in_end = 0;
    flush_out();
}

static void run(double seconds)
{
    uint64_t end = clock_ns() + (uint64_t)(seconds * 1e9);
    now_ns = clock_ns();
    stopping = 0;
    for (uint32_t i = 0; i < depth; i++)
        start(i);
    flush_out();
    while (now_ns < end)
        turn();
    stopping = 1;
    while (busy)
        turn();
}

static int make_file(const char *path, uint64_t size)
{
    int made = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (made < 0)
        die("%s: %s", path, strerror(errno));
    for (uint64_t at = 0; at < size;) {
        uint64_t part = size - at < BIG ? size - at : BIG;
        ssize_t n = write(made, expected(at), part);
        if (n <= 0)
            die("%s: %s", path, strerror(errno));
        at += (uint64_t)n;
    }
    return close(made);
}

static double processor(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

int main(int count, char **arguments)
{
    const char *address = NULL, *path = NULL, *wanted = "getattr";
    double seconds = 3, warmup = 1;
    make_pattern();
    if (count == 4 && !strcmp(arguments[1], "--make"))
        return make_file(arguments[2], strtoull(arguments[3], NULL, 10));
    for (int i = 1; i + 1 < count; i += 2) {
        const char *name = arguments[i], *value = arguments[i + 1];
        if (!strcmp(name, "--connect"))
            address = value;
        else if (!strcmp(name, "--export"))
            path = value;
        else if (!strcmp(name, "--job"))
            wanted = value;
        else if (!strcmp(name, "--depth"))
            depth = (unsigned)atoi(value);
        else if (!strcmp(name, "--seconds"))
            seconds = atof(value);
        else if (!strcmp(name, "--warmup"))
            warmup = atof(value);
        else if (!strcmp(name, "--file-size"))
            file_size = strtoull(value, NULL, 10);
        else if (!strcmp(name, "--uid"))
            uid = (unsigned)atoi(value);
        else
            die("unknown option %s", name);
    }
    char host[64];
    int port, mount_port;
    if (!address || !path || sscanf(address, "%63[^:]:%d:%d", host, &port, &mount_port) != 3 || depth < 1 || depth > MAX_DEPTH)
        die("needs --connect HOST:NFSPORT:MOUNTPORT and --export, depth 1 to %d", MAX_DEPTH);
    for (job = 0; job < JOBS && strcmp(names[job], wanted); job++)
        ;
    if (job == JOBS)
        die("no job %s", wanted);
    in = malloc(IN_SIZE);
    out = malloc(OUT_SIZE);
    memset(in, 0, IN_SIZE);
    memset(out, 0, OUT_SIZE);
    connect_to(host, mount_port);
    root = mount_export(path);
    close(fd);
    connect_to(host, port);
    file = lookup("data");
    run(warmup);
    memset(histogram, 0, sizeof histogram);
    operations = bytes = 0;
    printf("ready\n");
    fflush(stdout);
    if (getchar() == EOF)
        return 1;
    double used = processor();
    uint64_t began = clock_ns();
    run(seconds);
    double took = (double)(clock_ns() - began) / 1e9;
    printf("{\"operations\": %llu, \"bytes\": %llu, \"seconds\": %.6f, \"p50_us\": %.2f, \"p99_us\": %.2f, \"client_cpu_seconds\": %.6f}\n",
           (unsigned long long)operations, (unsigned long long)bytes, took, percentile(0.5), percentile(0.99), processor() - used);
    return 0;
}
