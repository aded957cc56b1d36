/*
 * nfsload: load on an NFSv3 server that costs little itself.
 *
 *   nfsload --make FILE BYTES
 *   nfsload --connect HOST:NFSPORT:MOUNTPORT --export PATH --job JOB [--depth N] [--seconds S] [--warmup S] [--file-size BYTES] [--uid N]
 *           [--one-by-one]
 *
 * JOB: getattr, lookup, access, read4k, read1m, write4k, write1m (UNSTABLE), create (CREATE GUARDED, then REMOVE: one operation), readdirplus (the whole
 * directory in one reply). One thread, one TCP connection with `depth` operations under way. Calls that became possible in one receive leave in
 * one send; with --one-by-one each leaves alone, as from the kernel's client. Every reply is checked: one fragment, xid, RPC and NFS status, size
 * of what comes back; data read is compared with the pattern of the file, data written is read again at the end.
 * Prints "ready" after the warm-up, waits for a line on standard input, runs, prints one line of JSON. Any wrong reply ends it with status 1.
 *
 * The tree it expects, made by the runner: f00 to f99, and `data` and `scratch` of --file-size bytes filled by --make; the directory must be writable.
 */
#define _GNU_SOURCE
#define PROGRAM "nfsload"
#include "../load.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

enum { GETATTR = 1, LOOKUP = 3, ACCESS = 4, READ = 6, WRITE = 7, CREATE = 8, REMOVE = 12, READDIRPLUS = 17 };
enum job { JOB_GETATTR, JOB_LOOKUP, JOB_ACCESS, JOB_READ4K, JOB_READ1M, JOB_WRITE4K, JOB_WRITE1M, JOB_CREATE, JOB_READDIRPLUS, JOBS };
static const char *const names[JOBS] = { "getattr", "lookup", "access", "read4k", "read1m", "write4k", "write1m", "create", "readdirplus" };
enum { MAX_DEPTH = 128, LARGEST = MEBI + 4096, FILES = 100 };

struct handle { uint32_t length; unsigned char bytes[64]; };
struct slot { uint64_t start, offset; uint32_t count, serial, xid, procedure; };

static struct input in;
static struct output out;
static unsigned char *at_; /* where the call that is being built goes on */
static int fd, stopping, one_by_one;
static enum job job;
static unsigned depth = 1, uid, busy;
static uint64_t file_size = 64 << 20, next_offset;
static struct handle root, file;
static struct slot slots[MAX_DEPTH];
static uint32_t round_number;

static void u32(uint32_t value)
{
    value = htonl(value);
    memcpy(at_, &value, 4);
    at_ += 4;
}

static void u64(uint64_t value)
{
    u32((uint32_t)(value >> 32));
    u32((uint32_t)value);
}

static void opaque(const void *data, uint32_t length)
{
    u32(length);
    memset(at_, 0, (length + 3) & ~3u);
    memcpy(at_, data, length);
    at_ += (length + 3) & ~3u;
}

static uint32_t word(const unsigned char *p)
{
    uint32_t value;
    memcpy(&value, p, 4);
    return ntohl(value);
}

/* The longest head of a call, arguments included. */
enum { HEAD = 512 };
static unsigned char head[HEAD];

static void begin_call(uint32_t xid, uint32_t program, uint32_t procedure)
{
    at_ = head;
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
}

/* Ends a call, whose last argument may be data sent from where it lies. */
static void end_call(const unsigned char *data, uint32_t count)
{
    if (data)
        u32(count);
    size_t size = (size_t)(at_ - head);
    uint32_t mark = htonl(0x80000000u | (uint32_t)(size - 4 + count));
    memcpy(head, &mark, 4);
    memcpy(out_room(&out, size), head, size);
    if (data)
        out_data(&out, data, count);
    if (one_by_one)
        out_flush(&out, fd);
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
        if (in.end - in.start >= 4) {
            uint32_t mark = word(in.bytes + in.start);
            *size = mark & 0x7fffffff;
            if (!(mark & 0x80000000))
                die("a reply in several fragments");
            if (*size > LARGEST - 4)
                die("reply of %u bytes", *size);
            if (in.end - in.start - 4 >= *size) {
                const unsigned char *found = in.bytes + in.start + 4;
                in.start += 4 + *size;
                return found;
            }
        }
        if (!wait)
            return NULL;
        in_receive(&in, fd, LARGEST, 0);
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

/* One call and its results, while nothing else is under way. */
static const unsigned char *ask(const char *what)
{
    uint32_t size, left;
    out_flush(&out, fd);
    const unsigned char *r = next_record(&size, 1);
    r = results(r, size, &left);
    if (word(r))
        die("%s: %u", what, word(r));
    return r + 4;
}

static struct handle mount_export(const char *path)
{
    begin_call(1, 100005, 1);
    opaque(path, (uint32_t)strlen(path));
    end_call(NULL, 0);
    return take_handle(ask("mount"));
}

static struct handle lookup(const char *name)
{
    begin_call(2, 100003, LOOKUP);
    opaque(root.bytes, root.length);
    opaque(name, (uint32_t)strlen(name));
    end_call(NULL, 0);
    return take_handle(ask("lookup"));
}

static void read_call(uint32_t xid, uint64_t offset, uint32_t count)
{
    begin_call(xid, 100003, READ);
    opaque(file.bytes, file.length);
    u64(offset);
    u32(count);
    end_call(NULL, 0);
}

static int is_small(void) { return job == JOB_READ4K || job == JOB_WRITE4K; }
static int is_write(void) { return job == JOB_WRITE4K || job == JOB_WRITE1M; }

static void choose_range(struct slot *s)
{
    s->count = is_small() ? PAGE : MEBI;
    if (is_small()) {
        s->offset = next_random() % (file_size / PAGE) * PAGE;
        return;
    }
    if (next_offset + MEBI > file_size)
        next_offset = 0;
    s->offset = next_offset;
    next_offset += MEBI;
}

/* Sends the next call of an operation. The slot is in the low byte of the xid; the rest never repeats. */
static void step(uint32_t number)
{
    struct slot *s = &slots[number];
    char name[48];
    s->xid = (++round_number << 8) | number;
    switch (job) {
    case JOB_GETATTR:
        begin_call(s->xid, 100003, s->procedure = GETATTR);
        opaque(file.bytes, file.length);
        break;
    case JOB_ACCESS:
        begin_call(s->xid, 100003, s->procedure = ACCESS);
        opaque(file.bytes, file.length);
        u32(0x3f);
        break;
    case JOB_LOOKUP:
        begin_call(s->xid, 100003, s->procedure = LOOKUP);
        opaque(root.bytes, root.length);
        snprintf(name, sizeof name, "f%02u", (unsigned)(next_random() % FILES));
        opaque(name, 3);
        break;
    case JOB_READ4K:
    case JOB_READ1M:
        choose_range(s);
        s->procedure = READ;
        read_call(s->xid, s->offset, s->count);
        return;
    case JOB_WRITE4K:
    case JOB_WRITE1M:
        choose_range(s);
        begin_call(s->xid, 100003, s->procedure = WRITE);
        opaque(file.bytes, file.length);
        u64(s->offset);
        u32(s->count);
        u32(0);
        end_call(expected(s->offset), s->count);
        return;
    case JOB_READDIRPLUS:
        begin_call(s->xid, 100003, s->procedure = READDIRPLUS);
        opaque(root.bytes, root.length);
        u64(0);
        u64(0);
        u32(8192);
        u32(32768);
        break;
    default:
        begin_call(s->xid, 100003, s->procedure = s->procedure == CREATE ? REMOVE : CREATE);
        opaque(root.bytes, root.length);
        if (s->procedure == CREATE)
            s->serial++;
        snprintf(name, sizeof name, "new-%d-%u-%u", (int)getpid(), number, s->serial);
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
    end_call(NULL, 0);
}

static void start(uint32_t number)
{
    slots[number].start = now_ns;
    slots[number].procedure = 0;
    busy++;
    step(number);
}

/* post_op_attr at p: its size. */
static uint32_t post(const unsigned char *p) { return word(p) ? 88 : 4; }

/* Every entry has a name, attributes and a handle, and all are there. */
static void check_listing(const unsigned char *r, uint32_t left)
{
    unsigned entries = 0;
    uint32_t at = 4 + post(r + 4) + 8;
    for (; at + 8 <= left && word(r + at) == 1; entries++) {
        uint32_t name = word(r + at + 12);
        at += 16 + ((name + 3) & ~3u) + 8;
        if (at + 4 > left)
            break;
        at += post(r + at);
        if (at + 8 > left)
            break;
        at += word(r + at) ? 8 + ((word(r + at + 4) + 3) & ~3u) : 4;
    }
    if (at + 8 != left || word(r + at) || !word(r + at + 4) || entries < FILES + 2)
        die("a listing of %u entries, %u of %u bytes", entries, at, left);
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
    case ACCESS:
        if (left != 8 + post(r + 4))
            die("short access");
        break;
    case READ: {
        uint32_t at = 4 + post(r + 4);
        if (left < at + 12 + s->count || word(r + at) != s->count || word(r + at + 8) != s->count)
            die("short read");
        check_data(s->offset, s->count, r + at + 12);
        bytes += s->count;
        break;
    }
    case WRITE: {
        uint32_t at = 4 + (word(r + 4) ? 28 : 4);
        at += post(r + at);
        if (left != at + 16 || word(r + at) != s->count)
            die("short write");
        bytes += s->count;
        break;
    }
    case READDIRPLUS:
        check_listing(r, left);
        break;
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
    out_flush(&out, fd);
}

static void run(double seconds)
{
    uint64_t end = clock_ns() + (uint64_t)(seconds * 1e9);
    now_ns = clock_ns();
    stopping = 0;
    for (uint32_t i = 0; i < depth; i++)
        start(i);
    out_flush(&out, fd);
    while (now_ns < end)
        turn();
    stopping = 1;
    while (busy)
        turn();
}

/* What was written must be there. */
static void verify_writes(void)
{
    for (int i = 0; i < 64; i++) {
        uint64_t offset = next_random() % (file_size / PAGE) * PAGE;
        read_call(3, offset, PAGE);
        const unsigned char *r = ask("read");
        r += post(r);
        if (word(r) != PAGE || memcmp(r + 12, expected(offset), PAGE))
            die("what was written at %llu is not there", (unsigned long long)offset);
    }
}

int main(int count, char **arguments)
{
    const char *address = NULL, *path = NULL, *wanted = "getattr";
    double seconds = 3, warmup = 1;
    if (count == 4 && !strcmp(arguments[1], "--make"))
        return make_file(arguments[2], strtoull(arguments[3], NULL, 10));
    for (int i = 1; i < count; i++) {
        const char *name = arguments[i];
        if (!strcmp(name, "--one-by-one")) {
            one_by_one = 1;
            continue;
        }
        if (++i == count)
            die("%s needs a value", name);
        const char *value = arguments[i];
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
    /* A server that remembers replies must not take our calls for those of the run before. */
    round_number = (uint32_t)clock_ns();
    connect_to(host, mount_port);
    root = mount_export(path);
    close(fd);
    connect_to(host, port);
    file = lookup(is_write() ? "scratch" : "data");
    measure(run, warmup, seconds, 0);
    if (is_write())
        verify_writes();
    return 0;
}
