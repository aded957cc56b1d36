/*
 * nineload: load on a 9P2000.L server that costs little itself.
 *
 *   nineload --make FILE BYTES
 *   nineload --connect HOST:PORT|/SOCKET --aname A --job JOB [--depth N] [--connections N] [--seconds S] [--warmup S]
 *            [--msize N] [--uid N] [--file-size BYTES] [--one-by-one]
 *
 * One thread. Each connection keeps `depth` operations under way; the messages of one operation follow each other, as each needs the reply before.
 * Requests that became possible in one receive leave in one send; with --one-by-one each leaves alone, as from the kernel's client.
 * Every reply is checked: size, type, tag, and what it says; data read is compared with the pattern of the file.
 * Prints "ready" after the warm-up, waits for a line on standard input, runs, prints one line of JSON. Any wrong reply ends it with status 1.
 *
 * The tree it expects, made by the runner: f00 to f99, and `data` and `scratch` of --file-size bytes filled by --make.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { Rlerror = 7, Tstatfs = 8, Tlopen = 12, Tlcreate = 14, Tgetattr = 24, Tversion = 100, Tattach = 104, Twalk = 110, Tread = 116,
       Twrite = 118, Tclunk = 120, Tremove = 122 };
enum job { GETATTR, WALK, READ4K, WRITE4K, STATFS, CREATE, READ128K, WRITE128K, JOBS };
static const char *const names[JOBS] = { "getattr", "walk", "read4k", "write4k", "statfs", "create", "read128k", "write128k" };

enum { ROOT_FID = 1, FILE_FID = 2, SLOT_FID = 100, MAX_DEPTH = 256, PAGE = 4096, BIG = 128 << 10, IN_SIZE = 512 << 10, OUT_SIZE = 1 << 20, MAX_IOV = 512 };
/* The pattern repeats after a number of bytes no power of two divides, so data from a wrong page never looks right. */
#define PERIOD (8ull * 131101)

struct slot { uint64_t start, offset; uint32_t count, serial; uint8_t expect, step; };
struct connection {
    int fd;
    uint32_t msize;
    uint64_t size, qid_path, next_offset;
    unsigned char *in;
    size_t in_start, in_end;
    unsigned char *out;
    size_t out_used;
    struct iovec iov[MAX_IOV];
    int iov_used;
    unsigned busy, number;
    struct slot slots[MAX_DEPTH];
};

static unsigned char *pattern;
static enum job job;
static unsigned depth = 1, connections = 1, msize_wanted = BIG + 4096, uid;
static uint64_t file_size = 64 << 20, seed = 88172645463325252ull;
static int one_by_one, stopping;
static uint64_t now_ns, operations, bytes, messages, checked;
static uint64_t histogram[64 * 16];

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fprintf(stderr, "nineload: ");
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
    size_t length = PERIOD + (1 << 20);
    pattern = malloc(length);
    for (uint64_t at = 0; at < length; at += 8) {
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
        if (total && seen >= part * total)
            return (double)((uint64_t)(16 + (i & 15)) << (i >> 4)) / 16 / 1000;
    }
    return 0;
}

/* Building frames. */
static unsigned char *begin(struct connection *c, uint8_t type, uint16_t tag, uint32_t body, uint32_t payload)
{
    if (c->out_used + body + 7 > OUT_SIZE || c->iov_used + 2 > MAX_IOV)
        die("output overrun");
    unsigned char *p = c->out + c->out_used;
    uint32_t size = 7 + body + payload;
    memcpy(p, &size, 4);
    p[4] = type;
    memcpy(p + 5, &tag, 2);
    if (c->iov_used && (unsigned char *)c->iov[c->iov_used - 1].iov_base + c->iov[c->iov_used - 1].iov_len == p)
        c->iov[c->iov_used - 1].iov_len += 7 + body;
    else
        c->iov[c->iov_used++] = (struct iovec){ p, 7 + body };
    c->out_used += 7 + body;
    return p + 7;
}

static unsigned char *put(unsigned char *p, uint64_t value, int width)
{
    memcpy(p, &value, (size_t)width);
    return p + width;
}

static unsigned char *put_text(unsigned char *p, const char *text)
{
    size_t length = strlen(text);
    p = put(p, length, 2);
    memcpy(p, text, length);
    return p + length;
}

static void flush_out(struct connection *c)
{
    struct msghdr message = { .msg_iov = c->iov, .msg_iovlen = (size_t)c->iov_used };
    while (message.msg_iovlen) {
        ssize_t n = sendmsg(c->fd, &message, MSG_NOSIGNAL);
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
    c->iov_used = 0;
    c->out_used = 0;
}

static void fid_message(struct connection *c, uint16_t tag, uint8_t type, uint32_t fid) { put(begin(c, type, tag, 4, 0), fid, 4); }

static void walk_message(struct connection *c, uint16_t tag, uint32_t fid, uint32_t newfid, const char *name)
{
    unsigned char *p = begin(c, Twalk, tag, 10 + (name ? 2 + (uint32_t)strlen(name) : 0), 0);
    p = put(put(put(p, fid, 4), newfid, 4), name != NULL, 2);
    if (name)
        put_text(p, name);
}

static void read_message(struct connection *c, uint16_t tag, uint32_t fid, uint64_t offset, uint32_t count)
{
    put(put(put(begin(c, Tread, tag, 16, 0), fid, 4), offset, 8), count, 4);
}

static void write_message(struct connection *c, uint16_t tag, uint32_t fid, uint64_t offset, uint32_t count)
{
    put(put(put(begin(c, Twrite, tag, 16, count), fid, 4), offset, 8), count, 4);
    c->iov[c->iov_used++] = (struct iovec){ (void *)expected(offset), count };
}

static void getattr_message(struct connection *c, uint16_t tag, uint32_t fid) { put(put(begin(c, Tgetattr, tag, 12, 0), fid, 4), 0x17ff, 8); }

/* Sends the next message of the slot's operation. */
static void step(struct connection *c, uint16_t tag)
{
    struct slot *s = &c->slots[tag];
    uint32_t fid = SLOT_FID + tag;
    char name[32];
    messages++;
    switch (job) {
    case GETATTR:
        getattr_message(c, tag, FILE_FID);
        s->expect = Tgetattr;
        break;
    case STATFS:
        fid_message(c, tag, Tstatfs, ROOT_FID);
        s->expect = Tstatfs;
        break;
    case WALK:
        if (s->step == 0) {
            snprintf(name, sizeof name, "f%02u", (unsigned)(next_random() % 100));
            walk_message(c, tag, ROOT_FID, fid, name);
        } else if (s->step == 1) {
            getattr_message(c, tag, fid);
        } else {
            fid_message(c, tag, Tclunk, fid);
        }
        s->expect = (uint8_t[]){ Twalk, Tgetattr, Tclunk }[s->step];
        break;
    case READ4K:
    case WRITE4K:
        s->offset = next_random() % (file_size / PAGE) * PAGE;
        s->count = PAGE;
        if (job == READ4K)
            read_message(c, tag, FILE_FID, s->offset, PAGE);
        else
            write_message(c, tag, FILE_FID, s->offset, PAGE);
        s->expect = job == READ4K ? Tread : Twrite;
        break;
    case READ128K:
    case WRITE128K:
        s->count = c->msize - 24 < BIG ? c->msize - 24 : BIG;
        if (c->next_offset + s->count > file_size)
            c->next_offset = 0;
        s->offset = c->next_offset;
        c->next_offset += s->count;
        if (job == READ128K)
            read_message(c, tag, FILE_FID, s->offset, s->count);
        else
            write_message(c, tag, FILE_FID, s->offset, s->count);
        s->expect = job == READ128K ? Tread : Twrite;
        break;
    default:
        if (s->step == 0) {
            walk_message(c, tag, ROOT_FID, fid, NULL);
        } else if (s->step == 1) {
            snprintf(name, sizeof name, "new-%u-%u-%u", c->number, tag, s->serial++);
            unsigned char *p = begin(c, Tlcreate, tag, 4 + 2 + (uint32_t)strlen(name) + 12, 0);
            p = put_text(put(p, fid, 4), name);
            put(put(put(p, 0102, 4), 0100644, 4), uid, 4);
        } else if (s->step == 2) {
            s->offset = 0;
            s->count = PAGE;
            write_message(c, tag, fid, 0, PAGE);
        } else {
            fid_message(c, tag, Tremove, fid);
        }
        s->expect = (uint8_t[]){ Twalk, Tlcreate, Twrite, Tremove }[s->step];
        break;
    }
    if (one_by_one)
        flush_out(c);
}

static int steps(void) { return job == WALK ? 3 : job == CREATE ? 4 : 1; }

static void start(struct connection *c, uint16_t tag)
{
    c->slots[tag].start = now_ns;
    c->slots[tag].step = 0;
    c->busy++;
    step(c, tag);
}

static uint64_t get(const unsigned char *p, int width)
{
    uint64_t value = 0;
    memcpy(&value, p, (size_t)width);
    return value;
}

static void check_data(const struct slot *s, const unsigned char *data)
{
    const unsigned char *want = expected(s->offset);
    if (s->count <= PAGE || checked < 256) {
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

static void reply(struct connection *c, const unsigned char *frame, uint32_t size)
{
    uint16_t tag = (uint16_t)get(frame + 5, 2);
    uint8_t type = frame[4];
    if (tag >= depth || !c->slots[tag].expect)
        die("reply with tag %u that is not under way", tag);
    struct slot *s = &c->slots[tag];
    if (type == Rlerror)
        die("%s: request %u failed: %s", names[job], s->expect, strerror((int)get(frame + 7, 4)));
    if (type != s->expect + 1)
        die("reply of type %u to a request of type %u", type, s->expect);
    uint32_t want = 7;
    switch (s->expect) {
    case Tgetattr:
        want = 160;
        if (size == want && job == GETATTR && (get(frame + 20, 8) != c->qid_path || get(frame + 56, 8) != c->size))
            die("wrong attributes");
        break;
    case Tstatfs:
        want = 67;
        if (size == want && get(frame + 63, 4) != 255)
            die("wrong name length in statfs");
        break;
    case Twalk:
        want = job == WALK ? 22 : 9;
        break;
    case Tlcreate:
        want = 24;
        break;
    case Tread:
        want = 11 + s->count;
        if (size == want && get(frame + 7, 4) == s->count)
            check_data(s, frame + 11);
        else
            die("short read");
        bytes += s->count;
        break;
    case Twrite:
        want = 11;
        if (size == want && get(frame + 7, 4) != s->count)
            die("short write");
        bytes += s->count;
        break;
    }
    if (size != want)
        die("reply to %u has %u bytes instead of %u", s->expect, size, want);
    s->expect = 0;
    if (++s->step < steps()) {
        step(c, tag);
        return;
    }
    record(now_ns - s->start);
    operations++;
    c->busy--;
    if (!stopping)
        start(c, tag);
}

/* Takes what has arrived and sends what that made possible. */
static void turn(struct connection *c, int flags)
{
    if (c->in_start == c->in_end)
        c->in_start = c->in_end = 0;
    else if (IN_SIZE - c->in_start < c->msize) {
        memmove(c->in, c->in + c->in_start, c->in_end - c->in_start);
        c->in_end -= c->in_start;
        c->in_start = 0;
    }
    ssize_t n = recv(c->fd, c->in + c->in_end, IN_SIZE - c->in_end, flags);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0)
        die("connection lost: %s", n ? strerror(errno) : "end of stream");
    c->in_end += (size_t)n;
    now_ns = clock_ns();
    while (c->in_end - c->in_start >= 4) {
        uint32_t size = (uint32_t)get(c->in + c->in_start, 4);
        if (size < 7 || size > c->msize)
            die("reply of %u bytes", size);
        if (c->in_end - c->in_start < size)
            break;
        reply(c, c->in + c->in_start, size);
        c->in_start += size;
    }
    if (c->iov_used)
        flush_out(c);
}

/* One message and its reply, while nothing else is under way. Gives the body. */
static const unsigned char *call(struct connection *c, uint8_t type, uint32_t *length)
{
    flush_out(c);
    size_t have = 0;
    uint32_t size = 7;
    while (have < size) {
        ssize_t n = recv(c->fd, c->in + have, size - have, 0);
        if (n <= 0)
            die("connection lost while starting");
        have += (size_t)n;
        if (have == 7 && size == 7 && (size = (uint32_t)get(c->in, 4)) > IN_SIZE)
            die("reply of %u bytes", size);
    }
    if (c->in[4] == Rlerror)
        die("start: request %u failed: %s", type, strerror((int)get(c->in + 7, 4)));
    if (c->in[4] != type + 1)
        die("start: reply of type %u to a request of type %u", c->in[4], type);
    *length = size - 7;
    return c->in + 7;
}

static int dial(const char *address)
{
    int fd, one = 1;
    if (address[0] == '/') {
        struct sockaddr_un to = { .sun_family = AF_UNIX };
        strncpy(to.sun_path, address, sizeof to.sun_path - 1);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&to, sizeof to))
            die("connect %s: %s", address, strerror(errno));
        return fd;
    }
    struct sockaddr_in to = { .sin_family = AF_INET };
    const char *colon = strrchr(address, ':');
    char host[64] = "";
    if (!colon || colon - address >= (long)sizeof host)
        die("address %s", address);
    memcpy(host, address, (size_t)(colon - address));
    to.sin_port = htons((uint16_t)atoi(colon + 1));
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1)
        die("address %s", address);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to))
        die("connect %s: %s", address, strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void open_session(struct connection *c, const char *address, const char *aname)
{
    uint32_t length;
    c->fd = dial(address);
    c->in = malloc(IN_SIZE);
    c->out = malloc(OUT_SIZE);
    c->msize = msize_wanted;
    unsigned char *p = begin(c, Tversion, 0xFFFF, 4 + 2 + 8, 0);
    put_text(put(p, msize_wanted, 4), "9P2000.L");
    const unsigned char *body = call(c, Tversion, &length);
    c->msize = (uint32_t)get(body, 4);
    if (c->msize > msize_wanted || c->msize < 4096 + 24 || length != 14 || memcmp(body + 6, "9P2000.L", 8))
        die("version refused");
    p = begin(c, Tattach, 0, 4 + 4 + 2 + 2 + (uint32_t)strlen(aname) + 4, 0);
    p = put(put(p, ROOT_FID, 4), 0xFFFFFFFF, 4);
    put(put_text(put_text(p, ""), aname), uid, 4);
    call(c, Tattach, &length);
    walk_message(c, 0, ROOT_FID, FILE_FID, job == WRITE4K || job == WRITE128K ? "scratch" : "data");
    call(c, Twalk, &length);
    getattr_message(c, 0, FILE_FID);
    body = call(c, Tgetattr, &length);
    c->qid_path = get(body + 13, 8);
    c->size = get(body + 49, 8);
    if (c->size != file_size)
        die("the file has %llu bytes", (unsigned long long)c->size);
    if (job == READ4K || job == READ128K || job == WRITE4K || job == WRITE128K) {
        put(put(begin(c, Tlopen, 0, 8, 0), FILE_FID, 4), job == WRITE4K || job == WRITE128K ? 02 : 0, 4);
        call(c, Tlopen, &length);
    }
}

static void run(struct connection *all, int poller, double seconds)
{
    uint64_t end;
    stopping = 0;
    now_ns = clock_ns();
    end = now_ns + (uint64_t)(seconds * 1e9);
    unsigned busy = 0;
    for (unsigned i = 0; i < connections; i++) {
        for (unsigned tag = 0; tag < depth; tag++)
            start(&all[i], (uint16_t)tag);
        flush_out(&all[i]);
        busy += all[i].busy;
    }
    while (busy) {
        stopping = now_ns >= end;
        if (connections == 1) {
            turn(all, 0);
        } else {
            struct epoll_event events[64];
            int n = epoll_wait(poller, events, 64, -1);
            for (int i = 0; i < n; i++)
                turn(&all[events[i].data.u32], MSG_DONTWAIT);
        }
        if (stopping) {
            busy = 0;
            for (unsigned i = 0; i < connections; i++)
                busy += all[i].busy;
        }
    }
}

/* What was written must be there. */
static void verify_writes(struct connection *c)
{
    for (int i = 0; i < 64; i++) {
        uint32_t length;
        uint64_t offset = next_random() % (file_size / PAGE) * PAGE;
        read_message(c, 0, FILE_FID, offset, PAGE);
        const unsigned char *body = call(c, Tread, &length);
        if (length != 4 + PAGE || memcmp(body + 4, expected(offset), PAGE))
            die("what was written at %llu is not there", (unsigned long long)offset);
    }
}

static int make_file(const char *path, uint64_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (fd < 0)
        die("%s: %s", path, strerror(errno));
    for (uint64_t at = 0; at < size;) {
        size_t part = size - at < (1 << 20) ? size - at : 1 << 20;
        ssize_t n = pwrite(fd, expected(at), part, (off_t)at);
        if (n <= 0)
            die("%s: %s", path, strerror(errno));
        at += (uint64_t)n;
    }
    return close(fd);
}

int main(int argc, char **argv)
{
    const char *address = NULL, *aname = "/", *wanted = "getattr";
    double seconds = 4, warmup = 1;
    make_pattern();
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        if (!strcmp(name, "--one-by-one")) {
            one_by_one = 1;
            continue;
        }
        if (++i == argc)
            die("%s needs a value", name);
        if (!strcmp(name, "--make") && i + 1 < argc)
            return make_file(argv[i], strtoull(argv[i + 1], NULL, 0));
        else if (!strcmp(name, "--connect")) address = argv[i];
        else if (!strcmp(name, "--aname")) aname = argv[i];
        else if (!strcmp(name, "--job")) wanted = argv[i];
        else if (!strcmp(name, "--depth")) depth = (unsigned)atoi(argv[i]);
        else if (!strcmp(name, "--connections")) connections = (unsigned)atoi(argv[i]);
        else if (!strcmp(name, "--seconds")) seconds = atof(argv[i]);
        else if (!strcmp(name, "--warmup")) warmup = atof(argv[i]);
        else if (!strcmp(name, "--msize")) msize_wanted = (unsigned)atoi(argv[i]);
        else if (!strcmp(name, "--uid")) uid = (unsigned)atoi(argv[i]);
        else if (!strcmp(name, "--file-size")) file_size = strtoull(argv[i], NULL, 0);
        else die("unknown option %s", name);
    }
    for (job = 0; job < JOBS && strcmp(wanted, names[job]); job++)
        ;
    if (job == JOBS || !address || depth < 1 || depth > MAX_DEPTH || connections < 1 || connections > 1024 || msize_wanted > IN_SIZE / 2 || msize_wanted < 8192)
        die("bad job, address, depth, connections or msize");
    struct connection *all = calloc(connections, sizeof *all);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < connections; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.u32 = i };
        all[i].number = i;
        open_session(&all[i], address, aname);
        epoll_ctl(poller, EPOLL_CTL_ADD, all[i].fd, &event);
    }
    if (warmup > 0)
        run(all, poller, warmup);
    operations = bytes = messages = 0;
    memset(histogram, 0, sizeof histogram);
    printf("ready\n");
    fflush(stdout);
    if (getchar() == EOF)
        return 1;
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    uint64_t from = clock_ns();
    run(all, poller, seconds);
    double took = (double)(clock_ns() - from) / 1e9;
    getrusage(RUSAGE_SELF, &after);
    double cpu = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) + (double)(after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
                 (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_stime.tv_usec) / 1e6;
    if (job == READ128K || job == WRITE128K)
        operations = bytes / BIG;
    printf("{\"job\": \"%s\", \"depth\": %u, \"connections\": %u, \"msize\": %u, \"operations\": %llu, \"messages\": %llu, \"bytes\": %llu, \"seconds\": %.4f, "
           "\"p50_us\": %.2f, \"p99_us\": %.2f, \"client_cpu_seconds\": %.4f}\n",
           names[job], depth, connections, all[0].msize, (unsigned long long)operations, (unsigned long long)messages, (unsigned long long)bytes, took,
           percentile(0.5), percentile(0.99), cpu);
    fflush(stdout);
    if (job == WRITE4K || job == WRITE128K)
        verify_writes(&all[0]);
    return 0;
}
