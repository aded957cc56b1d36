/*
 * pentode_rings.h: a small blocking client of the iouringd protocol 1.12, for C11 and Linux.
 *
 * Header only: include it in one or more files; nothing to link. One client belongs to one thread at a time. All functions return 0 or a
 * positive value on success and a negative errno otherwise; after -EPROTO, -EPIPE or any other error of the socket close the client.
 *
 *   struct pentode_rings *rings;
 *   int error = pentode_rings_open(&rings, "/run/rings.sock");
 *   uint64_t task;
 *   struct pentode_rings_completion done;
 *   if (!error) error = pentode_rings_nop(rings, &task);
 *   if (!error) error = pentode_rings_wait(rings, task, &done);
 *   pentode_rings_close(rings);
 *
 * A task is submitted (the server takes it and gives an id, or refuses it: -EAGAIN when no credit is free) and ends later with a completion.
 * The protocol has no file offsets: reads and writes of a regular file always start at its beginning, and one operation carries at most
 * facts.io_bytes_max bytes.
 */
#ifndef PENTODE_RINGS_H
#define PENTODE_RINGS_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PENTODE_RINGS_MAGIC 0x31444F49u
#define PENTODE_RINGS_MAJOR 1u
#define PENTODE_RINGS_MINOR 12u
#define PENTODE_RINGS_BYTES_MAX 65535u
#define PENTODE_RINGS_ENTRIES_MAX 32768u

enum pentode_rings_kind {
    PENTODE_RINGS_NOP = 1,
    PENTODE_RINGS_TIMEOUT = 2,
    PENTODE_RINGS_CANCEL = 3,
    PENTODE_RINGS_SOCK_READ = 4,
    PENTODE_RINGS_SOCK_WRITE = 5,
    PENTODE_RINGS_FILE_READ = 8,
    PENTODE_RINGS_FILE_WRITE = 9,
    PENTODE_RINGS_OPENAT = 13,
    PENTODE_RINGS_CLOSE = 14,
    PENTODE_RINGS_REGISTER_FD = 256,
    PENTODE_RINGS_RELEASE = 257,
    PENTODE_RINGS_GET_STATS = 259
};

/* What the server told in the handshake. */
struct pentode_rings_facts {
    uint32_t features, ring_entries, cq_entries, op_mask, submit_credits, fd_slots, buffer_slots, io_bytes_max;
};

/* How a task ended: result is 0 or more, or a negative errno. A read brings payload_length bytes. Large: 64 KiB. */
struct pentode_rings_completion {
    uint64_t task_id;
    int32_t result;
    uint16_t kind;
    uint16_t payload_length;
    unsigned char payload[PENTODE_RINGS_BYTES_MAX];
};

/* Numbers of the whole server. */
struct pentode_rings_stats {
    uint32_t active_clients, outstanding_tasks, outstanding_credit_tasks, available_credits, registered_files, registered_buffers;
    uint64_t accepted_submits, rejected_submits, completions;
    uint32_t per_client_credit_limit, clients_at_credit_limit;
};

/* A completion that came while something else was awaited. */
struct pentode_rings_early {
    struct pentode_rings_early *next;
    struct pentode_rings_completion done; /* allocated only as far as its payload goes */
};

/* A connection. Fields other than facts and credits are its own business. */
struct pentode_rings {
    int fd;
    uint32_t credits; /* left to all clients together when the server last said so */
    struct pentode_rings_facts facts;
    struct pentode_rings_early *early; /* oldest first */
    struct pentode_rings_completion arriving;
};

static inline void pentode_rings_put(unsigned char *to, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

static inline uint64_t pentode_rings_get(const unsigned char *from, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)from[i] << (8 * i);
    return value;
}

static inline void pentode_rings_header(unsigned char *to)
{
    pentode_rings_put(to, PENTODE_RINGS_MAGIC, 4);
    pentode_rings_put(to + 4, PENTODE_RINGS_MAJOR, 2);
    pentode_rings_put(to + 6, PENTODE_RINGS_MINOR, 2);
}

static inline int pentode_rings_is_header(const unsigned char *from)
{
    return pentode_rings_get(from, 4) == PENTODE_RINGS_MAGIC && pentode_rings_get(from + 4, 2) == PENTODE_RINGS_MAJOR &&
           pentode_rings_get(from + 6, 2) == PENTODE_RINGS_MINOR;
}

static inline int pentode_rings_receive(int fd, void *to, size_t length)
{
    unsigned char *at = (unsigned char *)to;
    while (length > 0) {
        ssize_t got = recv(fd, at, length, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -EPIPE;
        at += got;
        length -= (size_t)got;
    }
    return 0;
}

/* Sends two parts; a descriptor that is not -1 travels with the first byte. */
static inline int pentode_rings_send(int fd, const void *head, size_t head_length, const void *data, size_t data_length, int descriptor)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    size_t done = 0;
    while (done < head_length + data_length) {
        struct iovec parts[2];
        struct msghdr message;
        int count = 0;
        memset(&message, 0, sizeof message);
        if (done < head_length) {
            parts[count].iov_base = (char *)(uintptr_t)head + done;
            parts[count++].iov_len = head_length - done;
        }
        if (data_length > 0) {
            size_t skip = done > head_length ? done - head_length : 0;
            parts[count].iov_base = (char *)(uintptr_t)data + skip;
            parts[count++].iov_len = data_length - skip;
        }
        message.msg_iov = parts;
        message.msg_iovlen = (size_t)count;
        if (descriptor >= 0 && done == 0) {
            struct cmsghdr *rights;
            memset(&control, 0, sizeof control);
            message.msg_control = control.bytes;
            message.msg_controllen = sizeof control.bytes;
            rights = CMSG_FIRSTHDR(&message);
            rights->cmsg_level = SOL_SOCKET;
            rights->cmsg_type = SCM_RIGHTS;
            rights->cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(rights), &descriptor, sizeof(int));
        }
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -errno;
        done += (size_t)sent;
    }
    return 0;
}

/* Reads the rest of a completion whose header was read, and checks it. */
static inline int pentode_rings_completion_rest(struct pentode_rings *rings, struct pentode_rings_completion *to)
{
    unsigned char rest[16];
    int error = pentode_rings_receive(rings->fd, rest, sizeof rest);
    if (error)
        return error;
    to->task_id = pentode_rings_get(rest, 8);
    to->result = (int32_t)(uint32_t)pentode_rings_get(rest + 8, 4);
    to->kind = (uint16_t)pentode_rings_get(rest + 12, 2);
    to->payload_length = (uint16_t)pentode_rings_get(rest + 14, 2);
    int is_read = to->kind == PENTODE_RINGS_SOCK_READ || to->kind == PENTODE_RINGS_FILE_READ;
    int expected = is_read && to->result > 0 ? to->result : 0;
    if (to->task_id == 0 || to->task_id >= UINT64_MAX - 15 || to->kind < 1 || to->kind > 14 || to->result < -4095 ||
        to->payload_length > rings->facts.io_bytes_max || to->payload_length != expected)
        return -EPROTO;
    return pentode_rings_receive(rings->fd, to->payload, to->payload_length);
}

/* Keeps the completion that just arrived. */
static inline int pentode_rings_keep(struct pentode_rings *rings)
{
    size_t length = offsetof(struct pentode_rings_completion, payload) + rings->arriving.payload_length;
    struct pentode_rings_early **last = &rings->early;
    struct pentode_rings_early *kept = (struct pentode_rings_early *)calloc(1, offsetof(struct pentode_rings_early, done) + length);
    if (kept == NULL)
        return -ENOMEM;
    memcpy((unsigned char *)kept + offsetof(struct pentode_rings_early, done), &rings->arriving, length);
    while (*last != NULL)
        last = &(*last)->next;
    *last = kept;
    return 0;
}

/* Reads a reply of the given length, at least 8 bytes; completions that come first are kept. */
static inline int pentode_rings_reply(struct pentode_rings *rings, unsigned char *to, size_t length)
{
    for (;;) {
        int error = pentode_rings_receive(rings->fd, to, 8);
        if (error)
            return error;
        if (!pentode_rings_is_header(to))
            return pentode_rings_receive(rings->fd, to + 8, length - 8);
        error = pentode_rings_completion_rest(rings, &rings->arriving);
        if (!error)
            error = pentode_rings_keep(rings);
        if (error)
            return error;
    }
}

/* Sends a request: prefix, fixed fields, data. */
static inline int pentode_rings_request(struct pentode_rings *rings, unsigned kind, const unsigned char *fields, size_t fields_length,
                                        const void *data, size_t data_length, int descriptor)
{
    unsigned char head[32];
    memset(head, 0, sizeof head);
    pentode_rings_header(head);
    pentode_rings_put(head + 8, kind, 2);
    if (fields_length > 0)
        memcpy(head + 16, fields, fields_length);
    return pentode_rings_send(rings->fd, head, 16 + fields_length, data, data_length, descriptor);
}

static inline int pentode_rings_submit(struct pentode_rings *rings, unsigned kind, const unsigned char *fields, size_t fields_length,
                                       const void *data, size_t data_length, uint64_t *task)
{
    unsigned char reply[16];
    int error = pentode_rings_request(rings, kind, fields, fields_length, data, data_length, -1);
    if (!error)
        error = pentode_rings_reply(rings, reply, sizeof reply);
    if (error)
        return error;
    uint64_t id = pentode_rings_get(reply, 8);
    int32_t result = (int32_t)(uint32_t)pentode_rings_get(reply + 8, 4);
    rings->credits = (uint32_t)pentode_rings_get(reply + 12, 4);
    if (result < 0 && result >= -4095 && id == 0)
        return result;
    if (result != 0 || id == 0 || id >= UINT64_MAX - 15)
        return -EPROTO;
    *task = id;
    return 0;
}

static inline int pentode_rings_handshake(struct pentode_rings *rings)
{
    unsigned char request[16] = {0}, reply[52];
    pentode_rings_header(request);
    pentode_rings_put(request + 8, PENTODE_RINGS_MAJOR, 2);
    pentode_rings_put(request + 10, PENTODE_RINGS_MINOR, 2);
    int error = pentode_rings_send(rings->fd, request, sizeof request, NULL, 0, -1);
    if (!error)
        error = pentode_rings_receive(rings->fd, reply, sizeof reply);
    if (error)
        return error;
    if (pentode_rings_get(reply, 4) != PENTODE_RINGS_MAGIC)
        return -EPROTO;
    if (!pentode_rings_is_header(reply) || pentode_rings_get(reply + 8, 2) != PENTODE_RINGS_MAJOR ||
        pentode_rings_get(reply + 10, 2) != PENTODE_RINGS_MINOR || pentode_rings_get(reply + 12, 2) == 1)
        return -EPROTONOSUPPORT;
    uint32_t values[9];
    for (unsigned i = 0; i < 9; i++)
        values[i] = (uint32_t)pentode_rings_get(reply + 16 + (4 * i), 4);
    struct pentode_rings_facts facts = {values[1], values[2], values[3], values[4], values[5], values[6], values[7], values[8]};
    rings->facts = facts;
    rings->credits = facts.submit_credits;
    if (pentode_rings_get(reply + 12, 4) != 0 || values[0] != 36 || facts.ring_entries == 0 || facts.ring_entries > PENTODE_RINGS_ENTRIES_MAX ||
        facts.cq_entries == 0 || facts.op_mask == 0 || (facts.op_mask & ~0xFFFu) != 0 || facts.submit_credits > facts.ring_entries ||
        facts.fd_slots == 0 || facts.io_bytes_max == 0 || facts.io_bytes_max > PENTODE_RINGS_BYTES_MAX)
        return -EPROTO;
    return 0;
}

/* Closes the connection and frees it; null is allowed. */
static inline void pentode_rings_close(struct pentode_rings *rings)
{
    if (rings == NULL)
        return;
    while (rings->early != NULL) {
        struct pentode_rings_early *kept = rings->early;
        rings->early = kept->next;
        free(kept);
    }
    if (rings->fd >= 0)
        close(rings->fd);
    free(rings);
}

/* Connects and shakes hands. *out is null on failure. */
static inline int pentode_rings_open(struct pentode_rings **out, const char *path)
{
    struct sockaddr_un address;
    *out = NULL;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    struct pentode_rings *rings = (struct pentode_rings *)calloc(1, sizeof *rings);
    if (rings == NULL)
        return -ENOMEM;
    rings->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int error = rings->fd < 0 || connect(rings->fd, (const struct sockaddr *)&address, sizeof address) < 0 ? -errno : pentode_rings_handshake(rings);
    if (error) {
        pentode_rings_close(rings);
        return error;
    }
    *out = rings;
    return 0;
}

/* Waits for the end of one task, or of any with task 0. Completions of others are kept for later. */
static inline int pentode_rings_wait(struct pentode_rings *rings, uint64_t task, struct pentode_rings_completion *out)
{
    for (struct pentode_rings_early **at = &rings->early; *at != NULL; at = &(*at)->next) {
        struct pentode_rings_early *kept = *at;
        const unsigned char *from = (const unsigned char *)kept + offsetof(struct pentode_rings_early, done);
        uint64_t id;
        memcpy(&id, from + offsetof(struct pentode_rings_completion, task_id), sizeof id);
        if (task != 0 && id != task)
            continue;
        uint16_t payload;
        memcpy(&payload, from + offsetof(struct pentode_rings_completion, payload_length), sizeof payload);
        memcpy(out, from, offsetof(struct pentode_rings_completion, payload) + payload);
        *at = kept->next;
        free(kept);
        return 0;
    }
    for (;;) {
        unsigned char header[8];
        int error = pentode_rings_receive(rings->fd, header, sizeof header);
        if (error)
            return error;
        if (!pentode_rings_is_header(header))
            return -EPROTO;
        error = pentode_rings_completion_rest(rings, &rings->arriving);
        if (error)
            return error;
        if (task == 0 || rings->arriving.task_id == task) {
            memcpy(out, &rings->arriving, offsetof(struct pentode_rings_completion, payload) + rings->arriving.payload_length);
            return 0;
        }
        error = pentode_rings_keep(rings);
        if (error)
            return error;
    }
}

/* NOP. */
static inline int pentode_rings_nop(struct pentode_rings *rings, uint64_t *task)
{
    return pentode_rings_submit(rings, PENTODE_RINGS_NOP, NULL, 0, NULL, 0, task);
}

/* TIMEOUT: completes with -ETIME after so many nanoseconds. */
static inline int pentode_rings_timeout(struct pentode_rings *rings, uint64_t nanoseconds, uint64_t *task)
{
    unsigned char fields[8];
    pentode_rings_put(fields, nanoseconds, 8);
    return pentode_rings_submit(rings, PENTODE_RINGS_TIMEOUT, fields, sizeof fields, NULL, 0, task);
}

/* CANCEL: completes with 0 when the target, which then completes with -ECANCELED, was found. */
static inline int pentode_rings_cancel(struct pentode_rings *rings, uint64_t target, uint64_t *task)
{
    unsigned char fields[8];
    pentode_rings_put(fields, target, 8);
    return pentode_rings_submit(rings, PENTODE_RINGS_CANCEL, fields, sizeof fields, NULL, 0, task);
}

/* SOCK_READ and FILE_READ (kind) of at most length bytes; they come with the completion. */
static inline int pentode_rings_read(struct pentode_rings *rings, unsigned kind, uint32_t resource, uint32_t length, uint64_t *task)
{
    unsigned char fields[8];
    if (kind != PENTODE_RINGS_SOCK_READ && kind != PENTODE_RINGS_FILE_READ)
        return -EINVAL;
    pentode_rings_put(fields, resource, 4);
    pentode_rings_put(fields + 4, length, 4);
    return pentode_rings_submit(rings, kind, fields, sizeof fields, NULL, 0, task);
}

/* SOCK_WRITE and FILE_WRITE (kind). */
static inline int pentode_rings_write(struct pentode_rings *rings, unsigned kind, uint32_t resource, const void *data, uint32_t length, uint64_t *task)
{
    unsigned char fields[8];
    if ((kind != PENTODE_RINGS_SOCK_WRITE && kind != PENTODE_RINGS_FILE_WRITE) || length == 0 || length > rings->facts.io_bytes_max)
        return -EINVAL;
    pentode_rings_put(fields, resource, 4);
    pentode_rings_put(fields + 4, length, 4);
    return pentode_rings_submit(rings, kind, fields, sizeof fields, data, length, task);
}

/* OPENAT from the server's working directory with open(2) flags and mode; the completion's result is the new resource. */
static inline int pentode_rings_openat(struct pentode_rings *rings, const char *path, int flags, uint32_t mode, uint64_t *task)
{
    unsigned char fields[12];
    size_t length = strlen(path) + 1;
    if (length < 2)
        return -EINVAL;
    size_t room = (rings->facts.io_bytes_max > 4096 ? rings->facts.io_bytes_max : 4096) - 4;
    if (length > rings->facts.io_bytes_max || length > room)
        return -ENAMETOOLONG;
    pentode_rings_put(fields, (uint32_t)flags, 4);
    pentode_rings_put(fields + 4, mode, 4);
    pentode_rings_put(fields + 8, length, 4);
    return pentode_rings_submit(rings, PENTODE_RINGS_OPENAT, fields, sizeof fields, path, length, task);
}

/* CLOSE of a descriptor resource. */
static inline int pentode_rings_close_resource(struct pentode_rings *rings, uint32_t resource, uint64_t *task)
{
    unsigned char fields[8] = {0};
    pentode_rings_put(fields, resource, 4);
    return pentode_rings_submit(rings, PENTODE_RINGS_CLOSE, fields, sizeof fields, NULL, 0, task);
}

static inline int pentode_rings_resource_reply(struct pentode_rings *rings, uint32_t *resource)
{
    unsigned char reply[16];
    int error = pentode_rings_reply(rings, reply, sizeof reply);
    if (error)
        return error;
    int32_t result = (int32_t)(uint32_t)pentode_rings_get(reply + 4, 4);
    *resource = (uint32_t)pentode_rings_get(reply, 4);
    if (pentode_rings_get(reply + 12, 4) != 0 || result > 0 || result < -4095 || (result == 0) != (*resource != 0))
        return -EPROTO;
    return result;
}

/* REGISTER_FD: the server gets a duplicate; the descriptor may be closed afterwards. */
static inline int pentode_rings_register_fd(struct pentode_rings *rings, int descriptor, uint32_t *resource)
{
    if (descriptor < 0)
        return -EBADF;
    int error = pentode_rings_request(rings, PENTODE_RINGS_REGISTER_FD, NULL, 0, NULL, 0, descriptor);
    return error ? error : pentode_rings_resource_reply(rings, resource);
}

/* RELEASE_RESOURCE: -EBUSY while a task uses it. */
static inline int pentode_rings_release(struct pentode_rings *rings, uint32_t resource)
{
    unsigned char fields[8] = {0};
    uint32_t released = 0;
    pentode_rings_put(fields, resource, 4);
    int error = pentode_rings_request(rings, PENTODE_RINGS_RELEASE, fields, sizeof fields, NULL, 0, -1);
    if (!error)
        error = pentode_rings_resource_reply(rings, &released);
    return error ? error : released == resource ? 0 : -EPROTO;
}

/* GET_STATS. */
static inline int pentode_rings_get_stats(struct pentode_rings *rings, struct pentode_rings_stats *out)
{
    unsigned char reply[56];
    int error = pentode_rings_request(rings, PENTODE_RINGS_GET_STATS, NULL, 0, NULL, 0, -1);
    if (!error)
        error = pentode_rings_reply(rings, reply, sizeof reply);
    if (error)
        return error;
    out->active_clients = (uint32_t)pentode_rings_get(reply, 4);
    out->outstanding_tasks = (uint32_t)pentode_rings_get(reply + 4, 4);
    out->outstanding_credit_tasks = (uint32_t)pentode_rings_get(reply + 8, 4);
    out->available_credits = (uint32_t)pentode_rings_get(reply + 12, 4);
    out->registered_files = (uint32_t)pentode_rings_get(reply + 16, 4);
    out->registered_buffers = (uint32_t)pentode_rings_get(reply + 20, 4);
    out->accepted_submits = pentode_rings_get(reply + 24, 8);
    out->rejected_submits = pentode_rings_get(reply + 32, 8);
    out->completions = pentode_rings_get(reply + 40, 8);
    out->per_client_credit_limit = (uint32_t)pentode_rings_get(reply + 48, 4);
    out->clients_at_credit_limit = (uint32_t)pentode_rings_get(reply + 52, 4);
    return 0;
}

#ifdef __cplusplus
}
#endif

#endif
