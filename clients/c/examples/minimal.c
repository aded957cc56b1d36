/* The least a client does: connect, shake hands, one operation, the server's numbers. */
#include "../pentode_rings.h"

#include <inttypes.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    struct pentode_rings *rings;
    struct pentode_rings_completion done;
    struct pentode_rings_stats stats;
    uint64_t task = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: %s SOCKET\n", argv[0]);
        return 2;
    }

    int error = pentode_rings_open(&rings, argv[1]);
    if (!error)
        error = pentode_rings_nop(rings, &task);
    if (!error)
        error = pentode_rings_wait(rings, task, &done);
    if (!error)
        error = pentode_rings_get_stats(rings, &stats);
    if (error)
        fprintf(stderr, "%s: %s: %s\n", argv[0], argv[1], strerror(-error));
    else
        printf("task=%" PRIu64 " result=%" PRId32 " completions=%" PRIu64 "\n", done.task_id, done.result, stats.completions);
    pentode_rings_close(rings);
    return error ? 1 : 0;
}
