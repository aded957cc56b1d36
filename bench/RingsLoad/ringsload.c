/*
 * ringsload: load on a server of the iouringd protocol 1.12 that costs little itself.
 *
 *   ringsload --make FILE
 *   ringsload --connect SOCKET --job nop|read4k [--depth N] [--connections N] [--seconds S] [--warmup S] [--file FILE] [--one-by-one]
 *
 * One thread. Each connection keeps `depth` operations under way. Requests that became possible in one receive leave in one send; with
 * --one-by-one each leaves alone. Every answer is checked: acceptance, task ids that rise, header, kind, result, payload length; data read
 * is compared with the pattern of the file. A refused request is a wrong answer: depth times connections must fit the credits of the server.
 * Prints "ready" after the warm-up, waits for a line on standard input, runs, prints one line of JSON. Any wrong answer ends it with status 1.
 */
#define _GNU_SOURCE
#define PROGRAM "ringsload"
#include "../load.h"
#include <sys/epoll.h>
#include <sys/un.h>

enum { MAX_DEPTH = 1024, MAX_CONNECTIONS = 64, IN_SIZE = 512 << 10, IDS = 65536 };
enum { NOP = 1, FILE_READ = 8, REGISTER_FD = 256 };
#define MAGIC UINT64_C(0x000C000131444F49)

struct connection {
    int fd;
    uint32_t resource;
    unsigned busy;
    unsigned unanswered_first, unanswered_count;
    uint64_t sent_at[MAX_DEPTH];
    unsigned char *in;
    size_t in_start, in_end;
};

static const char *path, *file;
static int is_read, one_by_one;
static unsigned depth = 1, connections = 1;
static struct connection all[MAX_CONNECTIONS];
static uint64_t started[IDS];       /* by task id: ids of tasks under way differ by far less */
static unsigned char page[PAGE];
static int poller;

static uint32_t u32(const unsigned char *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static uint64_t u64(const unsigned char *p) { uint64_t v; memcpy(&v, p, 8); return v; }

static void send_all(int fd, const void *data, size_t length)
{
    for (size_t at = 0; at < length;) {
        ssize_t n = send(fd, (const char *)data + at, length - at, MSG_NOSIGNAL);
        if (n < 0)
            die("send: %s", strerror(errno));
        at += (size_t)n;
    }
}

static void receive_exactly(int fd, void *data, size_t length)
{
    for (size_t at = 0; at < length;) {
        ssize_t n = recv(fd, (char *)data + at, length - at, 0);
        if (n <= 0)
            die("recv: %s", n ? strerror(errno) : "the end");
        at += (size_t)n;
    }
}

static size_t header(unsigned char *to, uint16_t kind)
{
    uint64_t magic = MAGIC;
    memset(to, 0, 24);
    memcpy(to, &magic, 8);
    memcpy(to + 8, &kind, 2);
    return 16;
}

static void submit(struct connection *c, unsigned count)
{
    static unsigned char out[MAX_DEPTH * 24];
    size_t length = 0;
    uint64_t at = clock_ns();
    for (unsigned i = 0; i < count; i++) {
        size_t begin = length;
        if (is_read) {
            uint32_t size = PAGE;
            header(out + length, FILE_READ);
            memcpy(out + length + 16, &c->resource, 4);
            memcpy(out + length + 20, &size, 4);
            length += 24;
        } else {
            length += header(out + length, NOP);
        }
        c->sent_at[(c->unanswered_first + c->unanswered_count++) % MAX_DEPTH] = at;
        if (one_by_one)
            send_all(c->fd, out + begin, length - begin);
    }
    c->busy += count;
    if (!one_by_one)
        send_all(c->fd, out, length);
}

/* Takes whole answers; returns how many operations ended. */
static unsigned take(struct connection *c)
{
    unsigned ended = 0;
    while (c->in_end - c->in_start >= 16) {
        const unsigned char *p = c->in + c->in_start;
        size_t left = c->in_end - c->in_start;
        if (u64(p) != MAGIC) {
            uint64_t id = u64(p);
            if (c->unanswered_count == 0 || id == 0 || u32(p + 8) != 0)
                die("refused or unasked: task %llu, result %d", (unsigned long long)id, (int)u32(p + 8));
            started[id % IDS] = c->sent_at[c->unanswered_first++ % MAX_DEPTH];
            c->unanswered_count--;
            c->in_start += 16;
            continue;
        }
        if (left < 24)
            break;
        uint32_t result = u32(p + 16), tail = u32(p + 20);
        size_t payload = tail >> 16;
        if ((tail & 0xFFFF) != (is_read ? FILE_READ : NOP) || result != (is_read ? PAGE : 0) || payload != result)
            die("task %llu ended with %d, kind %u", (unsigned long long)u64(p + 8), (int)result, tail & 0xFFFF);
        if (left < 24 + payload)
            break;
        if (payload && memcmp(p + 24, page, PAGE) != 0)
            die("wrong data");
        uint64_t *since = &started[u64(p + 8) % IDS];
        if (*since == 0)
            die("completion before its acceptance");
        record(clock_ns() - *since);
        *since = 0;
        c->in_start += 24 + payload;
        c->busy--;
        ended++;
        bytes += payload;
    }
    if (c->in_start == c->in_end)
        c->in_start = c->in_end = 0;
    else if (c->in_end > IN_SIZE / 2) {
        memmove(c->in, c->in + c->in_start, c->in_end - c->in_start);
        c->in_end -= c->in_start;
        c->in_start = 0;
    }
    operations += ended;
    return ended;
}

static void receive(struct connection *c)
{
    ssize_t n = recv(c->fd, c->in + c->in_end, IN_SIZE - c->in_end, 0);
    if (n <= 0)
        die("recv: %s", n ? strerror(errno) : "the end");
    c->in_end += (size_t)n;
}

static void open_connection(struct connection *c)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    unsigned char message[52];
    if (strlen(path) >= sizeof address.sun_path)
        die("socket path is too long");
    strcpy(address.sun_path, path);
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0)
        die("%s: %s", path, strerror(errno));
    c->in = malloc(IN_SIZE);
    header(message, 1);
    message[10] = 12;
    send_all(c->fd, message, 16);
    receive_exactly(c->fd, message, 52);
    if (u64(message) != MAGIC || u32(message + 12) != 0)
        die("handshake refused");
    if (u32(message + 36) < depth)
        die("%u credits are not enough for depth %u", u32(message + 36), depth);
    if (!is_read)
        return;
    int data = open(file, O_RDONLY | O_CLOEXEC);
    if (data < 0 || pread(data, page, PAGE, 0) != PAGE)
        die("%s: %s", file, data < 0 ? strerror(errno) : "too short");
    union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int))]; } control = { 0 };
    struct iovec part = { message, header(message, REGISTER_FD) };
    struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
    struct cmsghdr *head = CMSG_FIRSTHDR(&m);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(head), &data, sizeof data);
    if (sendmsg(c->fd, &m, MSG_NOSIGNAL) != 16)
        die("sendmsg: %s", strerror(errno));
    receive_exactly(c->fd, message, 16);
    if (u32(message + 4) != 0)
        die("registration refused: %d", (int)u32(message + 4));
    c->resource = u32(message);
    close(data);
}

static void run(double seconds)
{
    uint64_t end = clock_ns() + (uint64_t)(seconds * 1e9);
    for (unsigned i = 0; i < connections; i++)
        submit(&all[i], depth);
    unsigned busy = connections;
    while (busy > 0) {
        struct epoll_event events[MAX_CONNECTIONS];
        int count = 1;
        if (connections > 1 && (count = epoll_wait(poller, events, MAX_CONNECTIONS, 30000)) <= 0)
            die("no answer within 30 s");
        for (int i = 0; i < count; i++) {
            struct connection *c = connections > 1 ? events[i].data.ptr : &all[0];
            receive(c);
            unsigned ended = take(c);
            if (ended > 0 && clock_ns() < end)
                submit(c, ended);
            if (c->busy == 0)
                busy--;
        }
    }
}

int main(int argc, char **argv)
{
    double seconds = 3, warmup = 0.5;
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(name, "--one-by-one") == 0) {
            one_by_one = 1;
            continue;
        }
        if (!value)
            die("%s needs a value", name);
        i++;
        if (strcmp(name, "--make") == 0) {
            int fd = open(value, O_WRONLY | O_CREAT | O_TRUNC, 0644);
            for (int k = 0; k < PAGE; k++)
                page[k] = (unsigned char)(k * 31 + k / 256 + 7);
            if (fd < 0 || write(fd, page, PAGE) != PAGE)
                die("%s: %s", value, strerror(errno));
            return 0;
        }
        if (strcmp(name, "--connect") == 0) path = value;
        else if (strcmp(name, "--file") == 0) file = value;
        else if (strcmp(name, "--depth") == 0) depth = (unsigned)atoi(value);
        else if (strcmp(name, "--connections") == 0) connections = (unsigned)atoi(value);
        else if (strcmp(name, "--seconds") == 0) seconds = atof(value);
        else if (strcmp(name, "--warmup") == 0) warmup = atof(value);
        else if (strcmp(name, "--job") == 0 && (strcmp(value, "nop") == 0 || strcmp(value, "read4k") == 0)) is_read = value[0] == 'r';
        else die("unknown %s %s", name, value);
    }
    if (!path || (is_read && !file) || depth < 1 || depth > MAX_DEPTH || connections < 1 || connections > MAX_CONNECTIONS || depth * connections > IDS / 4)
        die("see the head of ringsload.c");
    poller = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < connections; i++) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = &all[i] };
        open_connection(&all[i]);
        epoll_ctl(poller, EPOLL_CTL_ADD, all[i].fd, &event);
    }
    measure(run, warmup, seconds, 0);
    return 0;
}
