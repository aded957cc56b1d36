/*
 * pentode_rings2.h: a small client of rings protocol 2, for C11 and Linux: operations through a ring in shared memory.
 *
 * Header only; nothing to link. One client belongs to one thread at a time. Functions return 0 or a positive value on success and a negative
 * errno otherwise; after -EPROTO, -EPIPE or any other error of the socket close the client. The protocol: docs/reference/rings-protocol-2.md.
 *
 *   struct pentode_rings2 *rings;
 *   int error = pentode_rings2_open(&rings, "/run/rings.sock", 1 << 20, 64);   -EPROTONOSUPPORT: the server speaks protocol 1 only
 *   uint32_t file;
 *   if (!error) error = pentode_rings2_register_file(rings, fd, &file);
 *   struct pentode_rings2_submission entry = { .operation = PENTODE_RINGS2_READ, .file = file, .region = rings->region, .length = 4096 };
 *   struct pentode_rings2_completion done;
 *   if (!error) error = pentode_rings2_submit(rings, &entry, 1);
 *   if (!error) error = pentode_rings2_wait(rings, &done);                      the bytes are at rings->memory
 *   pentode_rings2_close(rings);
 *
 * The memory of a client is one region: first the data, from address 0 on, then the ring.
 */
#ifndef PENTODE_RINGS2_H
#define PENTODE_RINGS2_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define PENTODE_RINGS2_MAGIC 0x32444F49u
#define PENTODE_RINGS2_FILE_OF_CHAIN 0xFFFFFFFFu
#define PENTODE_RINGS2_CURRENT_POSITION UINT64_MAX

enum pentode_rings2_operation {
    PENTODE_RINGS2_NOP = 0, PENTODE_RINGS2_TIMEOUT = 1, PENTODE_RINGS2_CANCEL = 2, PENTODE_RINGS2_READ = 3, PENTODE_RINGS2_WRITE = 4,
    PENTODE_RINGS2_READV = 5, PENTODE_RINGS2_WRITEV = 6, PENTODE_RINGS2_FSYNC = 7, PENTODE_RINGS2_FALLOCATE = 8, PENTODE_RINGS2_FTRUNCATE = 9,
    PENTODE_RINGS2_OPEN = 10, PENTODE_RINGS2_CLOSE = 11, PENTODE_RINGS2_STATX = 12, PENTODE_RINGS2_RENAME = 13, PENTODE_RINGS2_UNLINK = 14,
    PENTODE_RINGS2_MKDIR = 15, PENTODE_RINGS2_SYMLINK = 16, PENTODE_RINGS2_LINK = 17, PENTODE_RINGS2_GETXATTR = 18, PENTODE_RINGS2_SETXATTR = 19,
    PENTODE_RINGS2_SPLICE = 20, PENTODE_RINGS2_SOCKET = 21, PENTODE_RINGS2_CONNECT = 22, PENTODE_RINGS2_ACCEPT = 23, PENTODE_RINGS2_SEND = 24,
    PENTODE_RINGS2_RECV = 25, PENTODE_RINGS2_SHUTDOWN = 26, PENTODE_RINGS2_POLL = 27, PENTODE_RINGS2_FUTEX_WAIT = 28, PENTODE_RINGS2_FUTEX_WAKE = 29,
    PENTODE_RINGS2_WAITID = 30, PENTODE_RINGS2_GRANT = 31
};

enum pentode_rings2_flags { PENTODE_RINGS2_F_LINK = 1, PENTODE_RINGS2_F_HARDLINK = 2, PENTODE_RINGS2_F_MULTISHOT = 4, PENTODE_RINGS2_F_QUIET = 8 };

enum pentode_rings2_done { PENTODE_RINGS2_MORE = 1, PENTODE_RINGS2_PAYLOAD = 2, PENTODE_RINGS2_REFUSED = 4 };

/* One operation, as it stands in the ring. */
struct pentode_rings2_submission {
    uint64_t user_data;
    uint8_t operation, flags;
    uint16_t region;
    uint32_t file;
    uint64_t offset, address;
    uint32_t length, op_flags;
    uint64_t deadline_nsec, arg0;
    uint32_t arg1, shots;
};

/* How it went. */
struct pentode_rings2_completion {
    uint64_t user_data;
    int32_t result;
    uint32_t flags;
    uint64_t extra;
    uint32_t payload_offset, payload_length;
};

_Static_assert(sizeof(struct pentode_rings2_submission) == 64 && sizeof(struct pentode_rings2_completion) == 32, "as on the wire");

/* What the server told in the handshake; the fields of section 1 of the specification. */
struct pentode_rings2_facts {
    uint32_t features;
    uint64_t operations;
    uint32_t credits, batch, message, inline_bytes, files, regions;
    uint64_t region_bytes;
    uint32_t ring_entries, vectors;
    uint64_t transfer;
    uint32_t weight, client;
};

struct pentode_rings2 {
    int socket, doorbell, wake;
    struct pentode_rings2_facts facts;
    unsigned char *memory;      /* data, data_size bytes */
    size_t data_size, size;
    uint16_t region;            /* its id */
    uint32_t entries, sq_tail, cq_head;
    unsigned char *head;        /* of the ring */
};

static inline _Atomic uint32_t *pentode_rings2_counter(const struct pentode_rings2 *rings, size_t offset)
{
    return (_Atomic uint32_t *)(void *)(rings->head + offset);
}

static inline int pentode_rings2_transfer(int fd, void *data, size_t size, int is_send)
{
    unsigned char *at = data;
    while (size > 0) {
        ssize_t n = is_send ? send(fd, at, size, MSG_NOSIGNAL) : recv(fd, at, size, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EPIPE;
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

/* One request with its descriptors, and its one reply: the id, or the error. */
static inline int64_t pentode_rings2_request(struct pentode_rings2 *rings, uint16_t type, const void *body, uint32_t body_size, const int *fds, size_t fd_count)
{
    unsigned char message[64] = {0}, control[CMSG_SPACE(4 * sizeof(int))] = {0}, reply[24];
    uint32_t magic = PENTODE_RINGS2_MAGIC, length = 16 + body_size, answered;
    uint16_t count = 1, answer;
    int32_t result;
    uint32_t id;
    if (length > sizeof message || fd_count > 4)
        return -EINVAL;
    memcpy(message, &magic, 4);
    memcpy(message + 4, &type, 2);
    memcpy(message + 6, &count, 2);
    memcpy(message + 8, &length, 4);
    if (body_size > 0)
        memcpy(message + 16, body, body_size);
    struct iovec part = { message, length };
    struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
    if (fd_count > 0) {
        header.msg_control = control;
        header.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        struct cmsghdr *first = CMSG_FIRSTHDR(&header);
        first->cmsg_level = SOL_SOCKET;
        first->cmsg_type = SCM_RIGHTS;
        first->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(first), fds, fd_count * sizeof(int));
    }
    ssize_t sent;
    do
        sent = sendmsg(rings->socket, &header, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return -errno;
    int error = pentode_rings2_transfer(rings->socket, message + sent, length - (size_t)sent, 1);
    if (!error)
        error = pentode_rings2_transfer(rings->socket, reply, sizeof reply, 0);
    if (error)
        return error;
    memcpy(&magic, reply, 4);
    memcpy(&answer, reply + 4, 2);
    memcpy(&answered, reply + 8, 4);
    memcpy(&result, reply + 16, 4);
    memcpy(&id, reply + 20, 4);
    if (magic != PENTODE_RINGS2_MAGIC || answer != 129 || answered != sizeof reply)
        return -EPROTO;
    return result < 0 ? result : (int64_t)id;
}

static inline void pentode_rings2_close(struct pentode_rings2 *rings)
{
    if (!rings)
        return;
    if (rings->socket >= 0)
        close(rings->socket);
    if (rings->doorbell >= 0)
        close(rings->doorbell);
    if (rings->wake >= 0)
        close(rings->wake);
    if (rings->memory)
        munmap(rings->memory, rings->size);
    free(rings);
}

static inline int pentode_rings2_handshake(struct pentode_rings2 *rings)
{
    static const unsigned char hello[16] = { 'I', 'O', 'D', '1', 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0 };
    unsigned char request[16], answer[96];
    uint16_t major, status;
    struct pentode_rings2_facts *facts = &rings->facts;
    memcpy(request, hello, sizeof request);
    int error = pentode_rings2_transfer(rings->socket, request, sizeof request, 1);
    if (!error)
        error = pentode_rings2_transfer(rings->socket, answer, 52, 0);
    if (error)
        return error;
    memcpy(&major, answer + 4, 2);
    if (memcmp(answer, "IOD1", 4) != 0)
        return -EPROTO;
    if (major != 2)
        return -EPROTONOSUPPORT;
    error = pentode_rings2_transfer(rings->socket, answer + 52, 44, 0);
    if (error)
        return error;
    memcpy(&status, answer + 12, 2);
    if (status != 0)
        return status == 2 ? -EAGAIN : -EPROTO;
    memcpy(&facts->features, answer + 20, 4);
    memcpy(&facts->operations, answer + 24, 8);
    memcpy(&facts->credits, answer + 32, 4);
    memcpy(&facts->batch, answer + 36, 4);
    memcpy(&facts->message, answer + 40, 4);
    memcpy(&facts->inline_bytes, answer + 44, 4);
    memcpy(&facts->files, answer + 48, 4);
    memcpy(&facts->regions, answer + 52, 4);
    memcpy(&facts->region_bytes, answer + 56, 8);
    memcpy(&facts->ring_entries, answer + 64, 4);
    memcpy(&facts->vectors, answer + 68, 4);
    memcpy(&facts->transfer, answer + 72, 8);
    memcpy(&facts->weight, answer + 80, 4);
    memcpy(&facts->client, answer + 84, 4);
    return (facts->features & 1) ? 0 : -ENOTSUP;
}

/* The memory, sealed and registered, and the ring behind the data. */
static inline int pentode_rings2_share(struct pentode_rings2 *rings)
{
    size_t ring = (512 + (size_t)rings->entries * 128 + 4095) & ~(size_t)4095;
    rings->size = rings->data_size + ring;
    int memory = memfd_create("pentode-rings", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0)
        return -errno;
    int64_t id = 0;
    if (ftruncate(memory, (off_t)rings->size) < 0 || fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        id = -errno;
    void *at = id < 0 ? MAP_FAILED : mmap(NULL, rings->size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (id == 0 && at == MAP_FAILED)
        id = -errno;
    if (id == 0) {
        unsigned char body[16] = {0};
        uint64_t size = rings->size;
        rings->memory = at;
        rings->head = rings->memory + rings->data_size;
        memcpy(body, &size, 8);
        id = pentode_rings2_request(rings, 3, body, sizeof body, &memory, 1);
    }
    close(memory);
    if (id < 0)
        return (int)id;
    rings->region = (uint16_t)id;

    unsigned char body[24] = {0};
    uint64_t offset = rings->data_size;
    memcpy(body, &rings->region, 2);
    memcpy(body + 4, &rings->entries, 4);
    memcpy(body + 8, &offset, 8);
    int events[2] = { rings->doorbell, rings->wake };
    return (int)pentode_rings2_request(rings, 5, body, sizeof body, events, 2);
}

/*
 * Connects, negotiates and shares data_size bytes (a multiple of 4096) with a ring of so many entries (a power of two).
 * -EPROTONOSUPPORT: the server speaks protocol 1 only; connect with pentode_rings.h.
 */
static inline int pentode_rings2_open(struct pentode_rings2 **result, const char *path, size_t data_size, uint32_t entries)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    *result = NULL;
    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    if (data_size == 0 || data_size % 4096 != 0 || entries < 2 || (entries & (entries - 1)) != 0)
        return -EINVAL;
    memcpy(address.sun_path, path, strlen(path) + 1);
    struct pentode_rings2 *rings = calloc(1, sizeof *rings);
    if (!rings)
        return -ENOMEM;
    rings->data_size = data_size;
    rings->entries = entries;
    rings->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    rings->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    rings->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = rings->socket < 0 || rings->doorbell < 0 || rings->wake < 0 ? -errno : 0;
    if (!error && connect(rings->socket, (struct sockaddr *)&address, sizeof address) < 0)
        error = -errno;
    if (!error)
        error = pentode_rings2_handshake(rings);
    if (!error)
        error = pentode_rings2_share(rings);
    if (error) {
        pentode_rings2_close(rings);
        return error;
    }
    *result = rings;
    return 0;
}

/* Hands a descriptor over; the caller keeps its own. Not while completions by message are outstanding, of which this client has none. */
static inline int pentode_rings2_register_file(struct pentode_rings2 *rings, int fd, uint32_t *file)
{
    int64_t id = pentode_rings2_request(rings, 2, NULL, 0, &fd, 1);
    if (id < 0)
        return (int)id;
    *file = (uint32_t)id;
    return 0;
}

static inline int pentode_rings2_release_file(struct pentode_rings2 *rings, uint32_t file)
{
    uint32_t body[2] = { 1, file };
    int64_t id = pentode_rings2_request(rings, 4, body, sizeof body, NULL, 0);
    return id < 0 ? (int)id : 0;
}

/* Publishes whole chains, all or nothing: -EAGAIN when the ring has no room for so many. */
static inline int pentode_rings2_submit(struct pentode_rings2 *rings, const struct pentode_rings2_submission *entries, uint32_t count)
{
    uint64_t one = 1;
    uint32_t taken = atomic_load_explicit(pentode_rings2_counter(rings, 0), memory_order_acquire);
    if (count > rings->entries - (rings->sq_tail - taken))
        return -EAGAIN;
    for (uint32_t i = 0; i < count; i++)
        memcpy(rings->head + 512 + (size_t)((rings->sq_tail + i) & (rings->entries - 1)) * 64, &entries[i], 64);
    rings->sq_tail += count;
    atomic_store_explicit(pentode_rings2_counter(rings, 64), rings->sq_tail, memory_order_release);
    atomic_thread_fence(memory_order_seq_cst);
    if ((atomic_load_explicit(pentode_rings2_counter(rings, 256), memory_order_relaxed) & 1) && write(rings->doorbell, &one, sizeof one) < 0 && errno != EAGAIN)
        return -errno;
    return 0;
}

/* The next completion if there is one: 1, or 0. */
static inline int pentode_rings2_take(struct pentode_rings2 *rings, struct pentode_rings2_completion *done)
{
    uint64_t one = 1;
    uint32_t room = rings->entries * 2;
    uint32_t count = atomic_load_explicit(pentode_rings2_counter(rings, 192), memory_order_acquire) - rings->cq_head;
    if (count == 0)
        return 0;
    if (count > room)
        return -EPROTO;
    memcpy(done, rings->head + 512 + (size_t)rings->entries * 64 + (size_t)(rings->cq_head & (room - 1)) * 32, sizeof *done);
    rings->cq_head++;
    atomic_store_explicit(pentode_rings2_counter(rings, 128), rings->cq_head, memory_order_release);
    if (count == room && write(rings->doorbell, &one, sizeof one) < 0 && errno != EAGAIN)
        return -errno;
    return 1;
}

/* Waits for the next completion, whichever it is. -EPIPE when the server ended the connection. */
static inline int pentode_rings2_wait(struct pentode_rings2 *rings, struct pentode_rings2_completion *done)
{
    for (;;) {
        int got = pentode_rings2_take(rings, done);
        if (got != 0)
            return got < 0 ? got : 0;
        uint64_t count;
        atomic_store_explicit(pentode_rings2_counter(rings, 320), 1, memory_order_relaxed);
        atomic_thread_fence(memory_order_seq_cst);
        got = pentode_rings2_take(rings, done);
        if (got == 0) {
            struct pollfd ends[2] = { { .fd = rings->wake, .events = POLLIN }, { .fd = rings->socket, .events = POLLIN } };
            if (poll(ends, 2, -1) < 0 && errno != EINTR)
                return -errno;
            if (ends[0].revents && read(rings->wake, &count, sizeof count) < 0 && errno != EAGAIN)
                return -errno;
            if (ends[1].revents && !ends[0].revents)
                return -EPIPE;
        }
        atomic_store_explicit(pentode_rings2_counter(rings, 320), 0, memory_order_relaxed);
        if (got != 0)
            return got < 0 ? got : 0;
    }
}

#endif
