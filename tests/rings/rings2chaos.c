/*
 * rings2chaos: clients of rings protocol 2 that behave as badly as they can, and one that behaves well.
 *
 *   rings2chaos --connect SOCKET --root DIRECTORY --clients N --seconds S [--threads N] [--seed N] [--server PID]
 *
 * Threads keep N connections in turmoil. Each shares memory, registers descriptors, sets up a ring, and submits operations of every kind by message
 * and by ring, single, linked and multishot, mostly sound and often not; it scribbles over memory the server reads, its counters included, breaks
 * messages, gives descriptors that do not belong, reads eagerly, now and then or never, and dies at a random byte, whereupon a new one takes its
 * place. DIRECTORY is the first root of the server, which must confine paths: operations of this protocol change the tree.
 *
 * Meanwhile the main thread is a client that behaves, by the C header clients use: through a shared ring it lets a NOP and a READ of 4 KiB be done,
 * one pair after another with a pause of a millisecond, each timed. All must succeed and bring the right bytes.
 *
 * With --server, time during which this thread or the server's thread "rings2" was ready to run and had no processor is taken off each wait.
 *
 * Prints one line of JSON: connections made and ended, messages, records, and the waits of the client that behaves.
 */
#include "chaos.h"
#include "../../clients/c/pentode_rings2.h"

enum { SCRIPT = 16 << 10, MOST_THREADS = 16, MEMORY = 64 << 10, RING_AT = 32 << 10, ENTRIES = 64, GIVEN = 17 };

struct client {
    int fd, memory, doorbell, wake;
    unsigned char *map;
    unsigned life, reads, is_answered, is_ring, tail;
    size_t length, at, give;
    int give_count, given[GIVEN];
    unsigned char script[SCRIPT];
};

struct worker {
    pthread_t thread;
    unsigned first, count;
    uint64_t state, connections, deaths, refused, messages, records, bytes;
};

static const char *path, *root, *server;
static unsigned clients = 50, threads = 1, seed = 1;
static double seconds = 5;
static volatile int stop;
static int spare[6];
static struct client *all;

static uint32_t chance(struct worker *w, uint32_t below) { return chance_of(&w->state, below); }

static void put(struct client *c, const void *data, size_t length)
{
    if (c->length + length <= SCRIPT) {
        memcpy(c->script + c->length, data, length);
        c->length += length;
    }
}

/* A message whose head is written when its length is known. */
static size_t open_message(struct client *c, unsigned type, unsigned count)
{
    uint32_t head[4] = { PENTODE_RINGS2_MAGIC, type | count << 16, 0, 7 };
    size_t begin = c->length;
    put(c, head, sizeof head);
    return begin;
}

static void close_message(struct worker *w, struct client *c, size_t begin)
{
    uint32_t length = chance(w, 400) ? (uint32_t)(c->length - begin) : chance(w, 200000);
    memcpy(c->script + begin + 8, &length, 4);
    if (chance(w, 400) == 0)
        c->script[begin + chance(w, 8)] ^= (unsigned char)(1 << chance(w, 8));
    w->messages++;
}

static void give(struct worker *w, struct client *c, size_t begin, int count, const int *which)
{
    c->give = begin + (chance(w, 30) ? 0 : chance(w, 16));
    c->give_count = chance(w, 30) ? count : 1 + (int)chance(w, GIVEN);
    for (int i = 0; i < c->give_count; i++)
        c->given[i] = i < count && chance(w, 20) ? which[i] : chance(w, 200) ? spare[chance(w, 6)] : c->fd;
}

static uint32_t file_of(struct worker *w) { return chance(w, 8) ? (1 + chance(w, 2)) << 12 | (1 + chance(w, 8)) : chance(w, 3) ? PENTODE_RINGS2_FILE_OF_CHAIN : chance(w, UINT32_MAX); }
static uint16_t region_of(struct worker *w) { return chance(w, 12) ? 33 : (uint16_t)chance(w, 100); }

/* One record, sound but for what chance spoils. Inline data of a message begin with paths, 32 bytes apart. */
static struct pentode_rings2_submission record_of(struct worker *w, int is_ring)
{
    static const unsigned rwf[] = { 0, 0, 0, 2, 8, 16 };
    struct pentode_rings2_submission r = { .user_data = chance(w, 12), .operation = (uint8_t)chance(w, 32) };
    int has_region = is_ring || chance(w, 2);
    uint64_t place = chance(w, 30) ? chance(w, 24 << 10) & ~UINT64_C(63) : chance(w, 128 << 10);
    uint32_t name = 1 + chance(w, 31);
    r.region = has_region ? region_of(w) : 0;
    r.address = has_region ? place : 32 * chance(w, 4);
    r.length = 1 + chance(w, has_region ? 8192 : 64);
    switch (r.operation) {
    case PENTODE_RINGS2_NOP: r.region = 0, r.address = 0, r.length = 0; break;
    case PENTODE_RINGS2_TIMEOUT: r.region = 0, r.address = 0, r.length = 0, r.arg0 = chance(w, 2) ? 1 + chance(w, 3000000) : UINT64_C(3600000000000); break;
    case PENTODE_RINGS2_CANCEL: r.region = 0, r.address = 0, r.length = 0, r.op_flags = chance(w, 2), r.arg0 = chance(w, 12); break;
    case PENTODE_RINGS2_GRANT: r.region = 0, r.address = 0, r.length = 0, r.arg0 = chance(w, 12), r.arg1 = 1 + chance(w, 4); break;
    case PENTODE_RINGS2_READ: case PENTODE_RINGS2_WRITE:
        r.file = file_of(w), r.offset = chance(w, 4) ? chance(w, 1 << 20) : UINT64_MAX, r.op_flags = rwf[chance(w, 6)];
        if (!has_region && r.operation == PENTODE_RINGS2_READ) r.address = 0;
        break;
    case PENTODE_RINGS2_READV: case PENTODE_RINGS2_WRITEV: r.file = file_of(w), r.offset = chance(w, 1 << 16), r.length = 1 + chance(w, 3); break;
    case PENTODE_RINGS2_FSYNC: case PENTODE_RINGS2_CLOSE: case PENTODE_RINGS2_WAITID: r.file = file_of(w), r.region = 0, r.address = 0, r.length = 0; break;
    case PENTODE_RINGS2_FALLOCATE: r.file = file_of(w), r.region = 0, r.address = 0, r.length = 0, r.offset = chance(w, 65536), r.arg0 = 1 + chance(w, 65536); break;
    case PENTODE_RINGS2_FTRUNCATE: r.file = file_of(w), r.region = 0, r.address = 0, r.length = 0, r.offset = chance(w, 1 << 18); break;
    case PENTODE_RINGS2_OPEN: r.length = name, r.arg0 = chance(w, 3) ? 2 | (chance(w, 2) ? 0x40 : 0) : chance(w, 1 << 22), r.arg1 = 0600; break;
    case PENTODE_RINGS2_STATX: r.file = chance(w, 2) ? file_of(w) : 0, r.length = chance(w, 2) ? name : 0, r.arg1 = 0x7FF, r.arg0 = has_region ? place : 0; break;
    case PENTODE_RINGS2_SPLICE: r.file = file_of(w), r.arg1 = file_of(w), r.offset = UINT64_MAX, r.arg0 = chance(w, 2) ? 0 : UINT64_MAX, r.region = 0, r.address = 0; break;
    case PENTODE_RINGS2_SOCKET: r.region = 0, r.address = 0, r.length = 0, r.arg0 = 1, r.arg1 = 1; break;
    case PENTODE_RINGS2_CONNECT: r.file = file_of(w), r.length = 2 + chance(w, 100); break;
    case PENTODE_RINGS2_ACCEPT: r.file = file_of(w), r.length = 0, r.region = 0, r.address = 0; break;
    case PENTODE_RINGS2_RECV: if (!has_region) r.address = 0; r.file = file_of(w); break;
    case PENTODE_RINGS2_SEND: r.file = file_of(w); break;
    case PENTODE_RINGS2_SHUTDOWN: r.file = file_of(w), r.region = 0, r.address = 0, r.length = 0, r.op_flags = chance(w, 3); break;
    case PENTODE_RINGS2_POLL: r.file = file_of(w), r.region = 0, r.address = 0, r.length = 0, r.op_flags = chance(w, 8) ? 1 + chance(w, 5) : chance(w, UINT32_MAX); break;
    case PENTODE_RINGS2_FUTEX_WAIT: case PENTODE_RINGS2_FUTEX_WAKE: r.region = region_of(w), r.address = place & ~UINT64_C(3), r.length = 4, r.arg0 = chance(w, 2); break;
    case PENTODE_RINGS2_GETXATTR: r.file = file_of(w), r.length = name, r.arg1 = 1 + chance(w, 64), r.arg0 = has_region ? place : 0; break;
    default: r.length = name; break;
    }
    unsigned kind = chance(w, 8);
    if (kind == 0)
        r.flags = PENTODE_RINGS2_F_MULTISHOT, r.shots = 1 + chance(w, 3);
    if (kind == 0 && r.operation == PENTODE_RINGS2_RECV)
        r.arg0 = 1 + chance(w, r.length);
    if (kind == 1 || kind == 2)
        r.flags = (uint8_t)kind;        /* LINK, HARDLINK */
    if (chance(w, 10) == 0)
        r.flags |= PENTODE_RINGS2_F_QUIET;
    if (chance(w, 4) == 0)
        r.deadline_nsec = 1 + chance(w, 5000000);
    if (chance(w, 12) == 0)
        ((unsigned char *)&r)[chance(w, sizeof r)] ^= (unsigned char)(1 << chance(w, 8));
    w->records++;
    return r;
}

static void put_paths(struct worker *w, unsigned char *to)
{
    static const char *const paths[] = { "a", "b", "c", ".", "..", "../x", "/etc/hostname", "", "a/b", "user.a" };
    for (int i = 0; i < 4; i++) {
        memset(to + 32 * i, 0, 32);
        strcpy((char *)to + 32 * i, paths[chance(w, 10)]);
    }
}

static void put_message(struct worker *w, struct client *c)
{
    size_t begin;
    unsigned char paths[256] = { 0 };
    switch (chance(w, 14)) {
    case 0: {
        int count = 1 + (int)chance(w, 4);
        begin = open_message(c, 2, (unsigned)count);
        give(w, c, begin, count, spare);
        break;
    }
    case 1: {
        uint64_t body[2] = { chance(w, 10) ? MEMORY : chance(w, UINT32_MAX), 0 };
        begin = open_message(c, 3, 1);
        put(c, body, sizeof body);
        give(w, c, begin, 1, &c->memory);
        break;
    }
    case 2: {
        uint32_t body[6] = { region_of(w), chance(w, 8) ? ENTRIES : 1u << chance(w, 14), chance(w, 10) ? RING_AT : chance(w, 1 << 17), 0, 0, 0 };
        int both[2] = { c->doorbell, c->wake };
        begin = open_message(c, 5, 1);
        put(c, body, sizeof body);
        give(w, c, begin, 2, both);
        c->is_ring = 1;
        break;
    }
    case 3: {
        uint32_t body[2] = { 1 + chance(w, 2), chance(w, 2) ? file_of(w) : region_of(w) };
        begin = open_message(c, 4, 1);
        put(c, body, sizeof body);
        break;
    }
    case 4: begin = open_message(c, 6, 0); break;
    case 5: {
        uint32_t body[2] = { chance(w, 300), 0 };
        begin = open_message(c, 7, 1);
        put(c, body, sizeof body);
        break;
    }
    case 6:
        if (chance(w, 20) == 0) {
            for (unsigned i = 1 + chance(w, 200); i > 0; i--) {
                unsigned char noise = (unsigned char)chance(w, 256);
                put(c, &noise, 1);
            }
            return;
        }
        /* fall through */
    default: {
        unsigned count = 1 + chance(w, chance(w, 10) ? 12 : 100);
        begin = open_message(c, 1, count);
        for (unsigned i = 0; i < count; i++) {
            struct pentode_rings2_submission r = record_of(w, 0);
            put(c, &r, sizeof r);
        }
        put_paths(w, paths);
        put(c, paths, sizeof paths);
        break;
    }
    }
    close_message(w, c, begin);
}

/* Records through the ring, or nonsense in its place. */
static void play_ring(struct worker *w, struct client *c)
{
    unsigned char *ring = c->map + RING_AT;
    unsigned count = 1 + chance(w, 16);
    put_paths(w, c->map);
    for (unsigned i = 0; i < count; i++) {
        struct pentode_rings2_submission r = record_of(w, 1);
        memcpy(ring + 512 + (c->tail++ % ENTRIES) * sizeof r, &r, sizeof r);
    }
    atomic_store((_Atomic uint32_t *)(void *)(ring + 64), chance(w, 100) ? c->tail : chance(w, UINT32_MAX));
    uint32_t taken = atomic_load((_Atomic uint32_t *)(void *)(ring + 192));
    if (chance(w, 3))
        atomic_store((_Atomic uint32_t *)(void *)(ring + 128), chance(w, 200) ? taken : chance(w, UINT32_MAX));
    if (chance(w, 30) == 0)
        atomic_store((_Atomic uint32_t *)(void *)(ring + 320), chance(w, 4));
    uint64_t one = 1, sink;
    (void)!write(c->doorbell, &one, 8);
    (void)!read(c->wake, &sink, 8);
}

static void scribble(struct worker *w, struct client *c)
{
    for (unsigned i = chance(w, 40); i > 0; i--)
        ((volatile unsigned char *)c->map)[chance(w, chance(w, 50) ? RING_AT : MEMORY)] = (unsigned char)chance(w, 256);
}

static void begin(struct worker *w, struct client *c)
{
    c->fd = dial(path);
    if (c->fd < 0) {
        w->refused++;
        return;
    }
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    w->connections++;
    c->memory = memfd_create("chaos", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    c->map = MAP_FAILED;
    // What is not sealed is refused, and a task of this very client may cut it short: not a thing to touch.
    int sealed = chance(w, 20) != 0;
    if (c->memory < 0 || ftruncate(c->memory, MEMORY) < 0
        || fcntl(c->memory, F_ADD_SEALS, sealed ? F_SEAL_SHRINK | F_SEAL_GROW : F_SEAL_GROW) < 0
        || (c->map = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, sealed ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, sealed ? c->memory : -1, 0)) == MAP_FAILED)
        die("no memory: %s", strerror(errno));
    c->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    c->life = 1 + chance(w, chance(w, 4) ? 30 : 300);
    c->reads = chance(w, 3);
    c->length = c->at = c->is_answered = c->is_ring = c->tail = 0;
    c->give = SIZE_MAX;
    static const unsigned char hello[16] = { 0x49, 0x4F, 0x44, 0x31, 2, 0, 0, 0, 2 };
    put(c, hello, chance(w, 50) ? sizeof hello : chance(w, 16));
}

static void end(struct worker *w, struct client *c)
{
    close(c->fd), close(c->memory), close(c->doorbell), close(c->wake);
    munmap(c->map, MEMORY);
    c->fd = -1;
    w->deaths++;
}

/* Some bytes of the script, descriptors with the byte they belong to. False at the end of the connection. */
static int push(struct worker *w, struct client *c)
{
    size_t left = c->length - c->at, amount = chance(w, 4) ? left : chance(w, (uint32_t)left + 1);
    if (c->give != SIZE_MAX && c->give > c->at && c->give < c->at + amount)
        amount = c->give - c->at;
    if (amount == 0)
        return 1;
    union { struct cmsghdr align; char bytes[CMSG_SPACE(GIVEN * sizeof(int))]; } control = { 0 };
    struct iovec part = { c->script + c->at, amount };
    struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
    if (c->give == c->at) {
        m.msg_control = control.bytes, m.msg_controllen = CMSG_SPACE((size_t)c->give_count * sizeof(int));
        struct cmsghdr *head = CMSG_FIRSTHDR(&m);
        head->cmsg_level = SOL_SOCKET, head->cmsg_type = SCM_RIGHTS, head->cmsg_len = CMSG_LEN((size_t)c->give_count * sizeof(int));
        memcpy(CMSG_DATA(head), c->given, (size_t)c->give_count * sizeof(int));
    }
    ssize_t n = sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN;
    if (c->give == c->at)
        c->give = SIZE_MAX;
    c->at += (size_t)n;
    w->bytes += (uint64_t)n;
    return 1;
}

static void step(struct worker *w, struct client *c)
{
    static __thread char sink[65536];
    if (c->life-- == 0) {
        if (chance(w, 8) == 0)
            shutdown(c->fd, (int)chance(w, 3));
        end(w, c);
        return;
    }
    if (c->at == c->length && !c->is_answered) {
        ssize_t n = recv(c->fd, sink, 96, MSG_DONTWAIT);
        c->life += n < 0 && chance(w, 50) != 0;
        c->is_answered = n > 0;
        if (n == 0)
            end(w, c);
        return;
    }
    if (c->at == c->length) {
        c->at = c->length = 0;
        for (unsigned i = 1 + chance(w, 6); i > 0 && c->give == SIZE_MAX && c->length < SCRIPT / 2; i--)
            put_message(w, c);
    }
    if (!push(w, c)) {
        end(w, c);
        return;
    }
    if (c->is_ring && chance(w, 2))
        play_ring(w, c);
    if (chance(w, 4) == 0)
        scribble(w, c);
    /* The answer to the handshake is for the step that waits for it. */
    if (c->is_answered && (c->reads == 2 || (c->reads == 1 && chance(w, 3) == 0)) && recv(c->fd, sink, sizeof sink, MSG_DONTWAIT) == 0)
        end(w, c);
}

static void *turmoil(void *argument)
{
    struct worker *w = argument;
    step_back();
    for (uint64_t n = 0; !stop; n++) {
        struct client *c = &all[w->first + chance(w, w->count)];
        if (c->fd < 0)
            begin(w, c);
        else
            step(w, c);
        if (n % 64 == 0) {
            struct timespec pause = { 0, 50000 };
            nanosleep(&pause, NULL);
        }
    }
    for (unsigned i = 0; i < w->count; i++)
        if (all[w->first + i].fd >= 0)
            end(w, &all[w->first + i]);
    return NULL;
}

/* One NOP and one READ of the client that behaves. */
static void exchange(struct pentode_rings2 *rings, uint32_t file)
{
    struct pentode_rings2_submission pair[2] = {
        { .user_data = 1, .operation = PENTODE_RINGS2_NOP },
        { .user_data = 2, .operation = PENTODE_RINGS2_READ, .file = file, .region = rings->region, .length = 4096 },
    };
    memset(rings->memory, 0, 4096);
    int error = pentode_rings2_submit(rings, pair, 2);
    for (int i = 0; i < 2 && error >= 0; i++) {
        struct pentode_rings2_completion done;
        error = pentode_rings2_wait(rings, &done);
        if (error >= 0 && done.result != (done.user_data == 1 ? 0 : 4096))
            die("the client that behaves: operation %d ended with %d", (int)done.user_data, done.result);
    }
    if (error < 0)
        die("the client that behaves: %s", strerror(-error));
    for (int i = 0; i < 4096; i++)
        if (rings->memory[i] != 'g')
            die("the client that behaves: wrong bytes");
}

int main(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--connect") == 0) path = argv[i + 1];
        else if (strcmp(argv[i], "--root") == 0) root = argv[i + 1];
        else if (strcmp(argv[i], "--clients") == 0) clients = (unsigned)atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--threads") == 0) threads = (unsigned)atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--seconds") == 0) seconds = atof(argv[i + 1]);
        else if (strcmp(argv[i], "--server") == 0) server = argv[i + 1];
        else if (strcmp(argv[i], "--seed") == 0) seed = (unsigned)atoi(argv[i + 1]);
        else die("unknown option %s", argv[i]);
    }
    if (!path || !root || argc % 2 == 0 || clients < 1 || clients > MOST_CLIENTS || threads < 1 || threads > MOST_THREADS || threads > clients)
        die("see the head of rings2chaos.c");
    struct rlimit files = { 0 };
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    int pair[2], pipes[2];
    char name[4200];
    snprintf(name, sizeof name, "%s/shared", root);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || pipe(pipes) < 0)
        die("no descriptors: %s", strerror(errno));
    struct sockaddr_un any = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(listener, (struct sockaddr *)&any, sizeof any.sun_family);
    listen(listener, 1);
    spare[0] = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600), spare[1] = pair[0], spare[2] = pipes[0], spare[3] = pipes[1], spare[4] = listener;
    spare[5] = open(root, O_PATH | O_CLOEXEC);

    char page[4096];
    memset(page, 'g', sizeof page);
    int good = memfd_create("good", MFD_CLOEXEC);
    struct pentode_rings2 *rings = NULL;
    uint32_t file = 0;
    int error = pwrite(good, page, sizeof page, 0) != sizeof page ? -errno : pentode_rings2_open(&rings, path, 4096, 16);
    if (error >= 0)
        error = pentode_rings2_register_file(rings, good, &file);
    if (error < 0)
        die("%s: %s", path, strerror(-error));

    static struct worker workers[MOST_THREADS];
    watch(server, "rings2");
    uint64_t until = now() + (uint64_t)(seconds * 1e9);
    all = calloc(clients, sizeof *all);
    for (unsigned i = 0; i < clients; i++)
        all[i].fd = -1;
    for (unsigned i = 0; i < threads; i++) {
        struct worker *w = &workers[i];
        w->first = clients * i / threads, w->count = clients * (i + 1) / threads - w->first;
        w->state = (seed + i * 7919u) * UINT64_C(0x9E3779B97F4A7C15) + 1;
        pthread_create(&w->thread, NULL, turmoil, w);
    }
    while (now() < until) {
        alarm(60);
        wait_begins();
        exchange(rings, file);
        wait_ends();
        usleep(1000);
    }
    stop = 1;
    alarm(0);
    struct worker sum = { 0 };
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(workers[i].thread, NULL);
        sum.connections += workers[i].connections, sum.deaths += workers[i].deaths, sum.refused += workers[i].refused;
        sum.messages += workers[i].messages, sum.records += workers[i].records, sum.bytes += workers[i].bytes;
    }
    exchange(rings, file);
    pentode_rings2_close(rings);
    printf("{\"connections\": %llu, \"deaths\": %llu, \"refused\": %llu, \"messages\": %llu, \"records\": %llu, \"bytes\": %llu, ",
        (unsigned long long)sum.connections, (unsigned long long)sum.deaths, (unsigned long long)sum.refused, (unsigned long long)sum.messages,
        (unsigned long long)sum.records, (unsigned long long)sum.bytes);
    print_waits();
    return 0;
}
