/* SPDX-License-Identifier: MIT */
/* Interface of libo2dlm as its users know it: sources written for the one of ocfs2-tools compile and link with this one. */
#ifndef PENTODE_O2DLM_H
#define PENTODE_O2DLM_H

#include <o2dlm/o2dlm_err.h>

#ifdef __cplusplus
extern "C" {
#endif

#define O2DLM_LOCK_ID_MAX_LEN 32   /* with the NUL */
#define O2DLM_DOMAIN_MAX_LEN 255   /* with the NUL; the tree takes 63 bytes */
#define O2DLM_TRYLOCK 0x01
#define O2DLM_VALID_FLAGS O2DLM_TRYLOCK

struct o2dlm_ctxt;

enum o2dlm_lock_level { O2DLM_LEVEL_PRMODE, O2DLM_LEVEL_EXMODE };

/* path: where the lock tree is mounted; NULL: the first one of this host. One context is not for several threads at a time. */
errcode_t o2dlm_initialize(const char *path, const char *domain, struct o2dlm_ctxt **ctxt);
errcode_t o2dlm_lock(struct o2dlm_ctxt *ctxt, const char *id, int flags, enum o2dlm_lock_level level);
/* As o2dlm_lock; *poll_fd gets readable (POLLIN) when another node waits: call o2dlm_process_bast then. */
errcode_t o2dlm_lock_with_bast(struct o2dlm_ctxt *ctxt, const char *id, int flags, enum o2dlm_lock_level level,
                               void (*bast)(void *arg), void *arg, int *poll_fd);
errcode_t o2dlm_unlock(struct o2dlm_ctxt *ctxt, const char *id);
errcode_t o2dlm_drop_lock(struct o2dlm_ctxt *ctxt, const char *id);
errcode_t o2dlm_read_lvb(struct o2dlm_ctxt *ctxt, char *id, char *lvb, unsigned int len, unsigned int *bytes_read);
errcode_t o2dlm_write_lvb(struct o2dlm_ctxt *ctxt, char *id, const char *lvb, unsigned int len, unsigned int *bytes_written);
void o2dlm_process_bast(struct o2dlm_ctxt *ctxt, int poll_fd);
errcode_t o2dlm_destroy(struct o2dlm_ctxt *ctxt);
errcode_t o2dlm_supports_bast(int *supports);
errcode_t o2dlm_supports_stackglue(int *supports);

#ifdef __cplusplus
}
#endif

#endif
