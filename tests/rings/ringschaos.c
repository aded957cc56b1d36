/*
 * ringschaos: clients of the iouringd protocol 1.12, and with --second 1 of protocol 2 among them, that behave as badly as they can, and one that behaves well.
 *
 *   ringschaos --connect SOCKET --clients N --seconds S [--seed N] [--server PID] [--second 1]
 *
 * A thread of its own keeps N connections in turmoil: each plays a script of random requests, sound and unsound, with descriptors where they belong
 * and where they do not, cut at a random byte; it reads eagerly, now and then or never; and it is closed at a random moment, whereupon a new one
 * takes its place. Meanwhile the main thread is a client that behaves: one NOP after another, a pause of a millisecond between, each timed from
 * before its send to after its completion. Its requests must all be accepted and completed.
 *
 * With --server, time during which this thread or the server's thread "rings" had no processor is taken off each wait.
 *
 * Prints one line of JSON: connections made, requests begun, bytes sent, and the waits of the client that behaves.
 */
#include "chaos.h"

enum { SCRIPT = 24 << 10 };
#define MAGIC UINT64_C(0x000C000131444F49)

struct client {
    int fd;
    unsigned life;              /* steps left */
    int reads;                  /* never, sometimes, eagerly */
    size_t length, at, give;    /* script; a descriptor goes with the byte at `give` */
    int give_count;
    int is_second;              /* speaks protocol 2; `is_answered` once it may go on */
    int is_answered;
    unsigned char script[SCRIPT];
};

static const char *path, *server;
static unsigned clients = 50, seed = 1;
static double seconds = 5;
static int second;
static volatile int stop;
static uint64_t connections, requests, sent_bytes, refused;
static int spare_file, spare_socket, spare_pipe, spare_listener, spare_directory;
static uint64_t state;

static uint32_t chance(uint32_t below) { return chance_of(&state, below); }

static void put(struct client *c, const void *data, size_t length)
{
    if (c->length + length <= SCRIPT) {
        memcpy(c->script + c->length, data, length);
        c->length += length;
    }
}

static void put16(struct client *c, uint16_t v) { put(c, &v, 2); }
static void put32(struct client *c, uint32_t v) { put(c, &v, 4); }
static void put64(struct client *c, uint64_t v) { put(c, &v, 8); }

static uint32_t resource(void) { return chance(8) ? 1 + chance(4) : chance(2) ? 0 : chance(UINT32_MAX); }
static uint32_t length_of(void) { return chance(6) ? 1 + chance(64) : chance(2) ? 4096 : chance(UINT32_MAX); }

static void put_request(struct client *c)
{
    static const char *const paths[] = { "/dev/null", "/dev/zero", "/tmp", "/nonexistent/x", "/proc/self/stat", "../../etc/hostname", "/dev/full" };
    static const uint16_t control[] = { 256, 257, 258, 259, 260, 261, 0, 15, 65535 };
    uint16_t kind = chance(3) ? (uint16_t)(1 + chance(14)) : control[chance(9)];
    uint16_t priority = kind > 255 || chance(4) ? 0 : (uint16_t)chance(chance(20) ? 3 : 5);
    size_t begin = c->length;
    put64(c, chance(200) ? MAGIC : MAGIC ^ (UINT64_C(1) << chance(64)));
    put16(c, kind);
    put16(c, priority);
    put32(c, chance(200) ? 0 : 1);
    uint32_t n;
    switch (kind) {
    case 2: put64(c, chance(2) ? 1000 + chance(2000000) : UINT64_C(3600000000000)); break;
    case 3: put64(c, chance(4) ? 1 + chance(100000) : chance(UINT32_MAX)); break;
    case 4: case 8: put32(c, resource()), put32(c, length_of()); break;
    case 5: case 9:
        put32(c, resource());
        put32(c, n = length_of());
        for (n = n > 4096 ? 64 : n; n > 0; n--)
            put(c, "x", 1);
        break;
    case 6: case 7: put32(c, resource()), put32(c, resource()), put32(c, length_of()); break;
    case 10: put32(c, resource()), put16(c, (uint16_t)(chance(8) ? 5 : chance(65536))), put16(c, chance(100) ? 0 : 1); break;
    case 11:
        put32(c, resource());
        put32(c, n = chance(10) ? 16 : chance(5000));
        for (n = n > 4096 ? 64 : n; n > 0; n--)
            put(c, "\1", 1);
        break;
    case 12: put32(c, resource()), put32(c, chance(20) ? 110 : chance(5000)); break;
    case 13: {
        const char *p = paths[chance(7)];
        put32(c, chance(4) ? 2 : chance(UINT32_MAX) & ~(uint32_t)0x4C0u);     /* never O_CREAT, O_EXCL, O_TMPFILE: no litter */
        put32(c, 0600);
        put32(c, (uint32_t)strlen(p) + (chance(50) ? 1 : 0));
        put(c, p, strlen(p) + 1);
        break;
    }
    case 14: case 257: put32(c, resource()), put32(c, chance(100) ? 0 : 7); break;
    case 258:
        put32(c, n = chance(10) ? chance(200) : chance(9000));
        put32(c, 0);
        for (n = n > 4096 ? 64 : n; n > 0; n--)
            put(c, "b", 1);
        break;
    case 260: put64(c, chance(1000)), put32(c, chance(20) ? chance(257) : chance(9999)), put32(c, 0); break;
    default: break;
    }
    if (kind == 256 ? chance(10) != 0 : chance(60) == 0) {
        c->give = begin + (chance(4) ? 0 : chance(16));
        c->give_count = chance(20) ? 1 : 1 + (int)chance(6);
    }
    requests++;
}

/* A message of protocol 2. Paths stay beneath the root of the server; the server must confine them, as operations of this protocol change the tree. */
static void put_message(struct client *c)
{
    static const char *const paths[] = { "a", "b", "c", ".", "..", "../x", "/etc/hostname", "", "a/b", "\1" };
    uint16_t type = (uint16_t)(chance(6) ? 1 : chance(20) ? 1 + chance(8) : chance(65536));
    uint16_t count = (uint16_t)(type == 1 ? 1 + chance(12) : type == 2 ? 1 : type == 6 ? 0 : 1);
    size_t begin = c->length;
    put32(c, chance(300) ? 0x32444F49 : 0x32444F48);
    put16(c, type);
    put16(c, chance(200) ? count : (uint16_t)chance(65536));
    put32(c, 0);
    put32(c, (uint32_t)requests);
    switch (type) {
    case 1:
        for (unsigned i = 0; i < count; i++) {
            unsigned char record[64] = { 0 };
            uint64_t address = chance(8) ? chance(64) : chance(UINT32_MAX);
            uint32_t size = chance(8) ? 1 + chance(32) : chance(UINT32_MAX), id = resource();
            record[0] = (unsigned char)i, record[1] = (unsigned char)chance(4);
            record[8] = (unsigned char)(chance(60) ? chance(32) : chance(256));
            record[9] = (unsigned char)(chance(4) ? 0 : chance(chance(10) ? 16 : 256));
            record[10] = (unsigned char)(chance(4) ? 0 : chance(3));
            memcpy(record + 12, &id, 4);
            memcpy(record + 24, &address, 8);
            memcpy(record + 32, &size, 4);
            for (unsigned k = chance(3) ? 0 : 1 + chance(4); k > 0; k--)
                record[36 + chance(28)] = (unsigned char)chance(256);
            if (record[8] == 1 && chance(2))
                record[50] = (unsigned char)chance(256);
            put(c, record, sizeof record);
        }
        for (unsigned i = 0; i < 4; i++) {
            const char *name = paths[chance(10)];
            put(c, name, strlen(name) + 1);
        }
        for (unsigned i = 0; i < 52; i++)
            put(c, "d", 1);
        break;
    case 3: put64(c, chance(2) ? 4096 : chance(UINT32_MAX)), put64(c, 0); break;
    case 4: put32(c, chance(4)), put32(c, resource()); break;
    case 5: put16(c, (uint16_t)chance(4)), put16(c, 0), put32(c, 1u << chance(14)), put64(c, 64 * chance(4)), put64(c, 0); break;
    case 7: put32(c, chance(300)), put32(c, 0); break;
    default: break;
    }
    uint32_t length = chance(200) ? (uint32_t)(c->length - begin) : chance(200000);
    if (c->length + 8 < SCRIPT)
        memcpy(c->script + begin + 8, &length, 4);
    if (((type >= 2 && type <= 3) || type == 5) ? chance(8) != 0 : chance(60) == 0) {
        c->give = begin + (chance(10) ? 0 : chance(16));
        c->give_count = chance(20) ? (type == 5 ? 2 : 1) : 1 + (int)chance(6);
    }
    requests++;
}

static void begin(struct client *c)
{
    c->fd = dial(path);
    if (c->fd < 0) {
        refused++;
        return;
    }
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    connections++;
    c->life = 1 + chance(60);
    c->reads = (int)chance(3);
    c->length = c->at = 0;
    c->give = SIZE_MAX;
    c->is_answered = 0;
    c->is_second = second && chance(3) == 0;
    if (c->is_second) {
        put64(c, UINT64_C(0x0000000231444F49)), put16(c, 2), put16(c, 0), put32(c, 0);
        c->reads = 2;
    } else if (chance(30)) {
        put64(c, MAGIC), put16(c, 1), put16(c, 12), put32(c, 0);
    } else {
        for (unsigned i = chance(64); i > 0; i--)
            put16(c, (uint16_t)chance(65536));
    }
}

static void end(struct client *c)
{
    close(c->fd);
    c->fd = -1;
}

static void give(struct client *c, const void *data, size_t length)
{
    const int all[] = { spare_file, spare_socket, spare_pipe, spare_listener, spare_directory, c->fd };
    union { struct cmsghdr align; char bytes[CMSG_SPACE(8 * sizeof(int))]; } control = { 0 };
    struct iovec part = { (void *)data, length };
    struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = CMSG_SPACE((size_t)c->give_count * sizeof(int)) };
    struct cmsghdr *head = CMSG_FIRSTHDR(&m);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN((size_t)c->give_count * sizeof(int));
    for (int i = 0; i < c->give_count; i++)
        memcpy(CMSG_DATA(head) + (size_t)i * sizeof(int), &all[chance(6)], sizeof(int));
    ssize_t n = sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
        c->at += (size_t)n;
        c->give = SIZE_MAX;
        sent_bytes += (uint64_t)n;
    }
}

/* One of: more requests, some bytes of them, reading, the end. */
static void step(struct client *c)
{
    if (c->life-- == 0) {
        if (chance(8) == 0)
            shutdown(c->fd, (int)chance(3));
        end(c);
        return;
    }
    if (c->is_second && c->at == c->length && !c->is_answered) {
        char welcome[96];
        ssize_t n = recv(c->fd, welcome, sizeof welcome, MSG_DONTWAIT);
        c->life += n < 0 && errno == EAGAIN;
        c->is_answered = n > 0;
        if (n == 0)
            end(c);
        return;
    }
    if (c->at == c->length) {
        c->at = c->length = 0;
        for (unsigned i = 1 + chance(chance(10) ? 6 : 200); i > 0 && c->give == SIZE_MAX; i--)
            c->is_second ? put_message(c) : put_request(c);
    }
    size_t left = c->length - c->at;
    size_t amount = chance(3) ? left : chance((uint32_t)left + 1);
    if (c->give != SIZE_MAX && c->give < c->at + amount && c->give > c->at)
        amount = c->give - c->at;
    if (amount > 0 && c->give == c->at) {
        give(c, c->script + c->at, amount);
    } else if (amount > 0) {
        ssize_t n = send(c->fd, c->script + c->at, amount, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            c->at += (size_t)n, sent_bytes += (uint64_t)n;
        else if (n < 0 && errno != EAGAIN) {
            end(c);
            return;
        }
    }
    /* The answer to a handshake is for the step that waits for it: eaten here, the client would wait for ever and do no harm. */
    if ((!c->is_second || c->is_answered) && (c->reads == 2 || (c->reads == 1 && chance(3) == 0))) {
        static char sink[65536];
        if (recv(c->fd, sink, sizeof sink, MSG_DONTWAIT) == 0 && chance(2))
            end(c);
    }
}

static void *turmoil(void *unused)
{
    struct client *all = calloc(clients, sizeof *all);
    (void)unused;
    step_back();
    for (unsigned i = 0; i < clients; i++)
        all[i].fd = -1;
    for (uint64_t n = 0; !stop; n++) {
        struct client *c = &all[chance(clients)];
        if (c->fd < 0)
            begin(c);
        else
            step(c);
        if (n % 64 == 0) {
            struct timespec pause = { 0, 100000 };
            nanosleep(&pause, NULL);
        }
    }
    for (unsigned i = 0; i < clients; i++)
        if (all[i].fd >= 0)
            end(&all[i]);
    free(all);
    return NULL;
}

static void exchange(int fd, const void *request, size_t length, void *answer, size_t answer_length)
{
    if (send(fd, request, length, MSG_NOSIGNAL) != (ssize_t)length)
        die("send: %s", strerror(errno));
    for (size_t at = 0; at < answer_length;) {
        struct pollfd ready = { fd, POLLIN, 0 };
        if (poll(&ready, 1, 30000) == 0)
            die("no answer within 30 s");
        ssize_t n = recv(fd, (char *)answer + at, answer_length - at, 0);
        if (n <= 0)
            die("recv: %s", n ? strerror(errno) : "the end");
        at += (size_t)n;
    }
}

int main(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--connect") == 0) path = argv[i + 1];
        else if (strcmp(argv[i], "--clients") == 0) clients = (unsigned)atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--seconds") == 0) seconds = atof(argv[i + 1]);
        else if (strcmp(argv[i], "--server") == 0) server = argv[i + 1];
        else if (strcmp(argv[i], "--second") == 0) second = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--seed") == 0) seed = (unsigned)atoi(argv[i + 1]);
        else die("unknown option %s", argv[i]);
    }
    if (!path || argc % 2 == 0 || clients < 1 || clients > MOST_CLIENTS)
        die("see the head of ringschaos.c");
    state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    int pair[2], pipes[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || pipe(pipes) < 0)
        die("no descriptors: %s", strerror(errno));
    spare_socket = pair[0], spare_pipe = pipes[0];
    spare_file = open("/dev/zero", O_RDWR | O_CLOEXEC);
    spare_directory = open("/tmp", O_PATH | O_CLOEXEC);
    spare_listener = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un any = { .sun_family = AF_UNIX };
    bind(spare_listener, (struct sockaddr *)&any, sizeof any.sun_family);
    listen(spare_listener, 1);

    unsigned char hello[16] = { 0x49, 0x4F, 0x44, 0x31, 1, 0, 12, 0, 1, 0, 12 }, nop[16] = { 0x49, 0x4F, 0x44, 0x31, 1, 0, 12, 0, 1 }, answer[52];
    int fd = dial(path);
    if (fd < 0)
        die("%s: %s", path, strerror(errno));
    exchange(fd, hello, sizeof hello, answer, 52);
    watch(server, "rings");
    uint64_t until = now() + (uint64_t)(seconds * 1e9);
    pthread_t load;
    pthread_create(&load, NULL, turmoil, NULL);
    while (now() < until) {
        wait_begins();
        exchange(fd, nop, sizeof nop, answer, 40);
        wait_ends();
        int32_t refusal, result;
        memcpy(&refusal, answer + 8, 4), memcpy(&result, answer + 32, 4);
        if (refusal != 0 || result != 0)
            die("request %zu of the client that behaves: %d, %d", waits.count, refusal, result);
        usleep(1000);
    }
    stop = 1;
    pthread_join(load, NULL);
    printf("{\"connections\": %llu, \"refused\": %llu, \"requests\": %llu, \"bytes\": %llu, ", (unsigned long long)connections, (unsigned long long)refused,
        (unsigned long long)requests, (unsigned long long)sent_bytes);
    print_waits();
    return 0;
}
