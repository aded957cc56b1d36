/* A program of libo2dlm as its users write them; checks every function and error number. Arguments: the lock trees of two nodes. */
#include <o2dlm/o2dlm.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define IS(expected, call) do { long got = (call); if (got != (long)(expected)) { \
    printf("line %d: %s: expected %ld, got %ld\n", __LINE__, #call, (long)(expected), got); exit(1); } } while (0)

static int called;

static void on_blocked(void *arg) { called += *(int *)arg; }

int main(int argc, char **argv)
{
    struct o2dlm_ctxt *a, *b;
    struct pollfd wanted = { .events = POLLIN };
    unsigned int count;
    char value[64];
    int fd, one = 1, answer;
    pid_t child;

    if (argc != 3)
        return 2;
    initialize_o2dl_error_table();
    IS(O2DLM_ET_NO_FS, o2dlm_initialize("/tmp", "dom", &a));
    IS(O2DLM_ET_NO_FS_DIR, o2dlm_initialize("/nonexistent", "dom", &a));
    IS(O2DLM_ET_INVALID_ARGS, o2dlm_initialize(argv[1], "", &a));
    IS(0, o2dlm_initialize(argv[1], "dom", &a));
    IS(0, o2dlm_initialize(argv[2], "dom", &b));
    IS(0, o2dlm_supports_bast(&answer));
    IS(1, answer);

    IS(O2DLM_ET_INVALID_LOCK_NAME, o2dlm_lock(a, ".x", 0, O2DLM_LEVEL_PRMODE));
    IS(O2DLM_ET_INVALID_LOCK_NAME, o2dlm_lock(a, "12345678901234567890123456789012", 0, O2DLM_LEVEL_PRMODE));
    IS(O2DLM_ET_INVALID_ARGS, o2dlm_lock(a, "l", 0x80, O2DLM_LEVEL_PRMODE));
    IS(O2DLM_ET_INVALID_LOCK_LEVEL, o2dlm_lock(a, "l", 0, 7));
    IS(O2DLM_ET_UNKNOWN_LOCK, o2dlm_unlock(a, "l"));

    /* Both share, nobody gets it exclusive; alone it is had. */
    IS(0, o2dlm_lock(a, "l", 0, O2DLM_LEVEL_PRMODE));
    IS(O2DLM_ET_RECURSIVE_LOCK, o2dlm_lock(a, "l", 0, O2DLM_LEVEL_PRMODE));
    IS(0, o2dlm_lock(b, "l", O2DLM_TRYLOCK, O2DLM_LEVEL_PRMODE));
    IS(0, o2dlm_unlock(b, "l"));
    IS(O2DLM_ET_TRYLOCK_FAILED, o2dlm_lock(b, "l", O2DLM_TRYLOCK, O2DLM_LEVEL_EXMODE));
    IS(O2DLM_ET_BUSY_LOCK, o2dlm_drop_lock(a, "l"));
    IS(0, o2dlm_unlock(a, "l"));

    /* The value. */
    IS(0, o2dlm_lock(a, "l", 0, O2DLM_LEVEL_EXMODE));
    IS(0, o2dlm_write_lvb(a, "l", "the value", 10, &count));
    IS(10, count);
    IS(0, o2dlm_unlock(a, "l"));
    IS(0, o2dlm_lock(b, "l", 0, O2DLM_LEVEL_PRMODE));
    IS(0, o2dlm_read_lvb(b, "l", value, sizeof(value), &count));
    IS(64, count);
    IS(0, strcmp(value, "the value"));
    IS(O2DLM_ET_LVB_WRITE, o2dlm_write_lvb(b, "l", "x", 1, &count));
    IS(O2DLM_ET_UNKNOWN_LOCK, o2dlm_read_lvb(a, "l", value, sizeof(value), &count));
    IS(0, o2dlm_unlock(b, "l"));

    /* One is told that the other waits, and gives way. */
    IS(0, o2dlm_lock_with_bast(a, "l", 0, O2DLM_LEVEL_EXMODE, on_blocked, &one, &fd));
    wanted.fd = fd;
    IS(0, poll(&wanted, 1, 0));
    child = fork();
    if (!child)
        _exit(close(fd) || o2dlm_lock(b, "l", 0, O2DLM_LEVEL_EXMODE) ? 1 : 0); /* or the lock of the parent would stay with the child */
    IS(1, poll(&wanted, 1, 60000));
    o2dlm_process_bast(a, fd);
    IS(1, called);
    IS(0, o2dlm_unlock(a, "l"));
    IS(child, waitpid(child, &answer, 0));
    IS(0, answer);

    IS(0, o2dlm_drop_lock(a, "l"));
    IS(O2DLM_ET_UNLINK, o2dlm_drop_lock(a, "l"));
    IS(0, o2dlm_destroy(a));
    IS(0, o2dlm_destroy(b));
    IS(0, o2dlm_initialize(NULL, "dom", &a));
    IS(0, o2dlm_destroy(a));
    puts("all as expected");
    return 0;
}
