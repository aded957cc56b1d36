/*
 * Copies standard input, of any size, to a file that only the server may reach. The input goes into a sealed memfd, so that nobody can change
 * it under the server's hands; the server reads it and writes the target piece by piece through the shared memory, several pieces under way.
 */
#include "../pentode_rings2.h"

#include <inttypes.h>
#include <stdio.h>

#define PIECE (256u << 10)
#define PIECES 8u

static int fail(const char *what, int error)
{
    fprintf(stderr, "memfd_copy: %s: %s\n", what, strerror(-error));
    return 1;
}

/* Fills a memfd from standard input and seals it; returns the descriptor and its size. */
static int fill(uint64_t *size)
{
    static unsigned char block[65536];
    int memory = memfd_create("pentode-copy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0)
        return -errno;
    *size = 0;
    for (;;) {
        ssize_t got = read(STDIN_FILENO, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        int error = got < 0 ? -errno : got > 0 && write(memory, block, (size_t)got) != got ? -EIO : 0;
        if (error) {
            close(memory);
            return error;
        }
        if (got == 0)
            break;
        *size += (uint64_t)got;
    }
    if (fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0) {
        int error = -errno;
        close(memory);
        return error;
    }
    return memory;
}

/* One operation to its end. */
static int run(struct pentode_rings2 *rings, struct pentode_rings2_submission entry)
{
    struct pentode_rings2_completion done;
    int error = pentode_rings2_submit(rings, &entry, 1);
    if (!error)
        error = pentode_rings2_wait(rings, &done);
    return error ? error : done.result;
}

static int copy(struct pentode_rings2 *rings, uint32_t source, uint32_t target, uint64_t size)
{
    struct pentode_rings2_completion done;
    uint64_t next = 0, copied = 0;
    unsigned idle = PIECES, places[PIECES];
    uint32_t lengths[PIECES];
    for (unsigned i = 0; i < PIECES; i++)
        places[i] = i;
    while (copied < size) {
        while (idle > 0 && next < size) {
            unsigned place = places[--idle];
            uint32_t length = size - next < PIECE ? (uint32_t)(size - next) : PIECE;
            struct pentode_rings2_submission chain[2] = {
                { .user_data = place * 2, .operation = PENTODE_RINGS2_READ, .flags = PENTODE_RINGS2_F_LINK | PENTODE_RINGS2_F_QUIET, .file = source,
                  .region = rings->region, .offset = next, .address = (uint64_t)place * PIECE, .length = length },
                { .user_data = place * 2 + 1, .operation = PENTODE_RINGS2_WRITE, .file = target,
                  .region = rings->region, .offset = next, .address = (uint64_t)place * PIECE, .length = length },
            };
            lengths[place] = length;
            next += length;
            int error = pentode_rings2_submit(rings, chain, 2);
            if (error)
                return error;
        }
        int error = pentode_rings2_wait(rings, &done);
        if (error)
            return error;
        unsigned place = (unsigned)(done.user_data / 2) % PIECES;
        if (done.result < 0)
            return done.result;
        if ((uint32_t)done.result != lengths[place])
            return -ENOSPC;
        copied += lengths[place];
        places[idle++] = place;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct pentode_rings2 *rings;
    uint32_t source = 0;
    uint64_t size = 0;

    if (argc != 3 || strlen(argv[2]) >= 4096) {
        fprintf(stderr, "usage: %s SOCKET TARGET < DATA\n", argv[0]);
        return 2;
    }
    int memory = fill(&size);
    if (memory < 0)
        return fail("standard input", memory);
    int error = pentode_rings2_open(&rings, argv[1], (size_t)PIECE * PIECES, 64);
    if (error)
        return fail(argv[1], error);
    error = pentode_rings2_register_file(rings, memory, &source);
    close(memory);
    if (!error) {
        memcpy(rings->memory, argv[2], strlen(argv[2]) + 1);
        error = run(rings, (struct pentode_rings2_submission) { .operation = PENTODE_RINGS2_OPEN, .region = rings->region,
            .length = (uint32_t)strlen(argv[2]) + 1, .arg0 = O_WRONLY | O_CREAT | O_TRUNC, .arg1 = 0644 });
    }
    if (error >= 0) {
        uint32_t target = (uint32_t)error;
        error = copy(rings, source, target, size);
        if (!error)
            error = run(rings, (struct pentode_rings2_submission) { .operation = PENTODE_RINGS2_CLOSE, .file = target });
    }
    pentode_rings2_close(rings);
    if (error < 0)
        return fail(argv[2], error);
    printf("copied=%" PRIu64 "\n", size);
    return 0;
}
