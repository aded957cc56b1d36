/*
 * A program with the original libo2dlm in it, on one lock tree; the lock "busy" of the domain "dom" is held exclusively elsewhere. Without the
 * callback, which needs the kernel's own dlmfs.
 */
#include <o2dlm/o2dlm.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IS(expected, call) do { long got = (call); if (got != (long)(expected)) { \
    printf("line %d: %s: expected %ld, got %ld\n", __LINE__, #call, (long)(expected), got); exit(1); } } while (0)

int main(int argc, char **argv)
{
    struct o2dlm_ctxt *c;
    unsigned int count;
    char value[64], kept[] = "kept";
    int answer;

    if (argc != 2)
        return 2;
    initialize_o2dl_error_table();
    IS(O2DLM_ET_NO_FS, o2dlm_initialize("/tmp", "dom", &c));
    IS(0, o2dlm_initialize(argv[1], "dom", &c));
    IS(0, o2dlm_supports_bast(&answer));
    IS(0, answer);
    IS(O2DLM_ET_TRYLOCK_FAILED, o2dlm_lock(c, "busy", O2DLM_TRYLOCK, O2DLM_LEVEL_EXMODE));
    IS(O2DLM_ET_TRYLOCK_FAILED, o2dlm_lock(c, "busy", O2DLM_TRYLOCK, O2DLM_LEVEL_PRMODE));
    IS(0, o2dlm_lock(c, "kept", 0, O2DLM_LEVEL_EXMODE));
    IS(O2DLM_ET_RECURSIVE_LOCK, o2dlm_lock(c, "kept", 0, O2DLM_LEVEL_PRMODE));
    IS(0, o2dlm_write_lvb(c, kept, "the value", 10, &count));
    IS(10, count);
    IS(O2DLM_ET_BUSY_LOCK, o2dlm_drop_lock(c, "kept"));
    IS(0, o2dlm_unlock(c, "kept"));
    IS(0, o2dlm_lock(c, "kept", O2DLM_TRYLOCK, O2DLM_LEVEL_PRMODE));
    IS(0, o2dlm_read_lvb(c, kept, value, sizeof(value), &count));
    IS(64, count);
    IS(0, strcmp(value, "the value"));
    IS(0, o2dlm_unlock(c, "kept"));
    IS(O2DLM_ET_UNKNOWN_LOCK, o2dlm_unlock(c, "kept"));
    puts("all as expected");
    return 0;
}
