/*
 * Copies standard input to a file that only the server may reach: the input goes into a memfd, which is sealed so that nobody can change it
 * under the server's hands, and the memfd is handed over as a descriptor. One operation carries at most io_bytes_max bytes and protocol 1 has
 * no offsets, so longer input is refused before the target is touched.
 */
#include "../pentode_rings.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

static int fail(const char *what, int error)
{
    fprintf(stderr, "memfd_copy: %s: %s\n", what, strerror(-error));
    return 1;
}

/* Fills a memfd from standard input and seals it; returns the descriptor and its size. */
static int fill(uint32_t limit, uint32_t *size)
{
    unsigned char block[4096];
    uint32_t total = 0;
    int memory = memfd_create("pentode-copy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0)
        return -errno;
    for (;;) {
        ssize_t got = read(STDIN_FILENO, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        int error = got < 0 ? -errno : (uint64_t)total + (uint64_t)got > limit ? -EFBIG : 0;
        if (!error && got > 0 && write(memory, block, (size_t)got) != got)
            error = -EIO;
        if (error) {
            close(memory);
            return error;
        }
        if (got == 0)
            break;
        total += (uint32_t)got;
    }
    if (fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0) {
        int error = -errno;
        close(memory);
        return error;
    }
    *size = total;
    return memory;
}

/* Waits for a task and gives its result. */
static int finish(struct pentode_rings *rings, int error, uint64_t task, struct pentode_rings_completion *done)
{
    if (!error)
        error = pentode_rings_wait(rings, task, done);
    return error ? error : done->result;
}

static int copy(struct pentode_rings *rings, const char *target)
{
    struct pentode_rings_completion done, written;
    uint32_t source = 0, size = 0;
    uint64_t task = 0;

    int memory = fill(rings->facts.io_bytes_max, &size);
    if (memory < 0)
        return fail("standard input", memory);
    int result = pentode_rings_register_fd(rings, memory, &source);
    close(memory);
    if (result < 0)
        return fail("register", result);

    result = pentode_rings_openat(rings, target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644, &task);
    result = finish(rings, result, task, &done);
    if (result < 0)
        return fail(target, result);
    uint32_t output = (uint32_t)result;
    if (size > 0) {
        result = pentode_rings_read(rings, PENTODE_RINGS_FILE_READ, source, size, &task);
        result = finish(rings, result, task, &done);
        if (result < 0)
            return fail("read", result);
        result = pentode_rings_write(rings, PENTODE_RINGS_FILE_WRITE, output, done.payload, done.payload_length, &task);
        result = finish(rings, result, task, &written);
        if (result < 0 || (uint32_t)result != size)
            return fail(target, result < 0 ? result : -EIO);
    }
    result = pentode_rings_close_resource(rings, output, &task);
    result = finish(rings, result, task, &done);
    if (result >= 0)
        result = pentode_rings_release(rings, source);
    if (result < 0)
        return fail(target, result);
    printf("copied=%u\n", size);
    return 0;
}

int main(int argc, char **argv)
{
    struct pentode_rings *rings;

    if (argc != 3) {
        fprintf(stderr, "usage: %s SOCKET TARGET < DATA\n", argv[0]);
        return 2;
    }
    int error = pentode_rings_open(&rings, argv[1]);
    if (error)
        return fail(argv[1], error);
    int status = copy(rings, argv[2]);
    pentode_rings_close(rings);
    return status;
}
