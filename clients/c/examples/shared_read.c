/*
 * Protocol 2 from C: one chain through the shared ring opens a file at the server, reads its beginning into the shared memory and closes it;
 * then the bytes are written to standard output.
 */
#include "../pentode_rings2.h"

#include <stdio.h>

#define DATA_SIZE (1u << 20)
#define PATH_AT (DATA_SIZE - 4096u)

int main(int argc, char **argv)
{
    struct pentode_rings2 *rings;
    struct pentode_rings2_completion done;
    int32_t results[3] = {0};

    if (argc != 3 || strlen(argv[2]) >= 4096) {
        fprintf(stderr, "usage: %s SOCKET FILE\n", argv[0]);
        return 2;
    }
    int error = pentode_rings2_open(&rings, argv[1], DATA_SIZE, 64);
    if (!error) {
        memcpy(rings->memory + PATH_AT, argv[2], strlen(argv[2]) + 1);
        struct pentode_rings2_submission chain[3] = {
            { .user_data = 0, .operation = PENTODE_RINGS2_OPEN, .flags = PENTODE_RINGS2_F_LINK, .region = rings->region,
              .address = PATH_AT, .length = (uint32_t)strlen(argv[2]) + 1 },
            { .user_data = 1, .operation = PENTODE_RINGS2_READ, .flags = PENTODE_RINGS2_F_HARDLINK, .file = PENTODE_RINGS2_FILE_OF_CHAIN,
              .region = rings->region, .length = PATH_AT },
            { .user_data = 2, .operation = PENTODE_RINGS2_CLOSE, .file = PENTODE_RINGS2_FILE_OF_CHAIN },
        };
        error = pentode_rings2_submit(rings, chain, 3);
    }
    for (int i = 0; i < 3 && !error; i++) {
        error = pentode_rings2_wait(rings, &done);
        if (!error)
            results[done.user_data % 3] = done.result;
    }
    for (int i = 0; i < 3 && !error; i++)
        error = results[i] < 0 ? results[i] : 0;
    if (error)
        fprintf(stderr, "%s: %s: %s\n", argv[0], argv[2], strerror(-error));
    else if (fwrite(rings->memory, 1, (size_t)results[1], stdout) != (size_t)results[1])
        error = -EIO;
    pentode_rings2_close(rings);
    return error ? 1 : 0;
}
