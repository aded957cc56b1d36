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
#define PROGRAM "nineload"
#include "../load.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/un.h>

enum { Rlerror = 7, Tstatfs = 8, Tlopen = 12, Tlcreate = 14, Tgetattr = 24, Tversion = 100, Tattach = 104, Twalk = 110, Tread = 116,
       Twrite = 118, Tclunk = 120, Tremove = 122 };
enum job { GETATTR, WALK, READ4K, WRITE4K, STATFS, CREATE, READ128K, WRITE128K, JOBS };
static const char *const names[JOBS] = { "getattr", "walk", "read4k", "write4k", "statfs", "create", "read128k", "write128k" };

enum { ROOT_FID = 1, FILE_FID = 2, SLOT_FID = 100, MAX_DEPTH = 256, BIG = 128 << 10 };

struct slot { uint64_t start, offset; uint32_t count, serial; uint8_t expect, step; };
struct connection {
    int fd;
    uint32_t msize;
    uint64_t size, qid_path, next_offset;
    struct input in;
    struct output out;
    unsigned busy, number;
    struct slot slots[MAX_DEPTH];
};

static enum job job;
static unsigned depth = 1, connections = 1, msize_wanted = BIG + 4096, uid;
static uint64_t file_size = 64 << 20;
static int one_by_one, stopping;
static struct connection *all;
static int poller;

/* Building frames. */
static unsigned char *begin(struct connection *c, uint8_t type, uint16_t tag, uint32_t body, uint32_t payload)
{
    unsigned char *p = out_room(&c->out, 7 + body);
    uint32_t size = 7 + body + payload;
    memcpy(p, &size, 4);
    p[4] = type;
    memcpy(p + 5, &tag, 2);
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
    out_data(&c->out, expected(offset), count);
}

static void getattr_message(struct connection *c, uint16_t tag, uint32_t fid) { put(put(begin(c, Tgetattr, tag, 12, 0), fid, 4), 0x17ff, 8); }

/* Sends the next message of the slot's operation. */
static void step(struct connection *c, uint16_t tag)
{
    struct slot *s = &c->slots[tag];
    uint32_t fid = SLOT_FID + tag;
    char name[32];
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
        out_flush(&c->out, c->fd);
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
            check_data(s->offset, s->count, frame + 11);
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
    struct input *in = &c->in;
    if (!in_receive(in, c->fd, c->msize, flags))
        return;
    while (in->end - in->start >= 4) {
        uint32_t size = (uint32_t)get(in->bytes + in->start, 4);
        if (size < 7 || size > c->msize)
            die("reply of %u bytes", size);
        if (in->end - in->start < size)
            break;
        reply(c, in->bytes + in->start, size);
        in->start += size;
    }
    if (c->out.iov_used)
        out_flush(&c->out, c->fd);
}

/* One message and its reply, while nothing else is under way. Gives the body. */
static const unsigned char *call(struct connection *c, uint8_t type, uint32_t *length)
{
    struct input *in = &c->in;
    out_flush(&c->out, c->fd);
    uint32_t size = 7;
    while (in->end - in->start < size) {
        in_receive(in, c->fd, c->msize, 0);
        if (in->end - in->start >= 7 && (size = (uint32_t)get(in->bytes + in->start, 4)) > c->msize)
            die("reply of %u bytes", size);
    }
    const unsigned char *frame = in->bytes + in->start;
    in->start += size;
    if (frame[4] == Rlerror)
        die("start: request %u failed: %s", type, strerror((int)get(frame + 7, 4)));
    if (frame[4] != type + 1)
        die("start: reply of type %u to a request of type %u", frame[4], type);
    *length = size - 7;
    return frame + 7;
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

static void run(double seconds)
{
    uint64_t end;
    stopping = 0;
    now_ns = clock_ns();
    end = now_ns + (uint64_t)(seconds * 1e9);
    unsigned busy = 0;
    for (unsigned i = 0; i < connections; i++) {
        for (unsigned tag = 0; tag < depth; tag++)
            start(&all[i], (uint16_t)tag);
        out_flush(&all[i].out, all[i].fd);
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

int main(int argc, char **argv)
{
    const char *address = NULL, *aname = "/", *wanted = "getattr";
    double seconds = 4, warmup = 1;
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
    if (job == JOBS || !address || depth < 1 || depth > MAX_DEPTH || connections < 1 || connections > 1024 || msize_wanted > MEBI || msize_wanted < 8192)
        die("bad job, address, depth, connections or msize");
    all = calloc(connections, sizeof *all);
    poller = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < connections; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.u32 = i };
        all[i].number = i;
        open_session(&all[i], address, aname);
        epoll_ctl(poller, EPOLL_CTL_ADD, all[i].fd, &event);
    }
    measure(run, warmup, seconds, job == READ128K || job == WRITE128K ? BIG : 0);
    if (job == WRITE4K || job == WRITE128K)
        verify_writes(&all[0]);
    return 0;
}
