/* SPDX-License-Identifier: MIT */
/* Error numbers of libo2dlm: com_err table "o2dl". */
#ifndef PENTODE_O2DLM_ERR_H
#define PENTODE_O2DLM_ERR_H

#if defined(__has_include) && __has_include(<et/com_err.h>)
#include <et/com_err.h>
#else
/* As package comerr-dev has them. */
typedef long errcode_t;
struct error_table {
    char const *const *msgs;
    long base;
    int n_msgs;
};
#endif

#define ERROR_TABLE_BASE_o2dl (-1485330944L)

#define O2DLM_ET_NO_MEMORY (ERROR_TABLE_BASE_o2dl + 0)
#define O2DLM_ET_SERVICE_UNAVAILABLE (ERROR_TABLE_BASE_o2dl + 1)
#define O2DLM_ET_INVALID_LOCK_NAME (ERROR_TABLE_BASE_o2dl + 2)
#define O2DLM_ET_INVALID_LOCK_LEVEL (ERROR_TABLE_BASE_o2dl + 3)
#define O2DLM_ET_INTERNAL_FAILURE (ERROR_TABLE_BASE_o2dl + 4)
#define O2DLM_ET_NAME_TOO_LONG (ERROR_TABLE_BASE_o2dl + 5)
#define O2DLM_ET_STATFS (ERROR_TABLE_BASE_o2dl + 6)
#define O2DLM_ET_NO_FS_DIR (ERROR_TABLE_BASE_o2dl + 7)
#define O2DLM_ET_NO_FS (ERROR_TABLE_BASE_o2dl + 8)
#define O2DLM_ET_OPEN_DLM_DIR (ERROR_TABLE_BASE_o2dl + 9)
#define O2DLM_ET_NO_DOMAIN_DIR (ERROR_TABLE_BASE_o2dl + 10)
#define O2DLM_ET_BAD_DOMAIN_DIR (ERROR_TABLE_BASE_o2dl + 11)
#define O2DLM_ET_BUSY_DOMAIN_DIR (ERROR_TABLE_BASE_o2dl + 12)
#define O2DLM_ET_DOMAIN_DIR (ERROR_TABLE_BASE_o2dl + 13)
#define O2DLM_ET_DOMAIN_DESTROY (ERROR_TABLE_BASE_o2dl + 14)
#define O2DLM_ET_DOMAIN_CREATE (ERROR_TABLE_BASE_o2dl + 15)
#define O2DLM_ET_RANDOM (ERROR_TABLE_BASE_o2dl + 16)
#define O2DLM_ET_BUSY_LOCK (ERROR_TABLE_BASE_o2dl + 17)
#define O2DLM_ET_OUTPUT_ERROR (ERROR_TABLE_BASE_o2dl + 18)
#define O2DLM_ET_UNLINK (ERROR_TABLE_BASE_o2dl + 19)
#define O2DLM_ET_UNKNOWN_LOCK (ERROR_TABLE_BASE_o2dl + 20)
#define O2DLM_ET_RECURSIVE_LOCK (ERROR_TABLE_BASE_o2dl + 21)
#define O2DLM_ET_LOCKING (ERROR_TABLE_BASE_o2dl + 22)
#define O2DLM_ET_FAILED_UNLOCKS (ERROR_TABLE_BASE_o2dl + 23)
#define O2DLM_ET_INVALID_ARGS (ERROR_TABLE_BASE_o2dl + 24)
#define O2DLM_ET_TRYLOCK_FAILED (ERROR_TABLE_BASE_o2dl + 25)
#define O2DLM_ET_LVB_READ (ERROR_TABLE_BASE_o2dl + 26)
#define O2DLM_ET_LVB_WRITE (ERROR_TABLE_BASE_o2dl + 27)
#define O2DLM_ET_SEEK (ERROR_TABLE_BASE_o2dl + 28)
#define O2DLM_ET_DOMAIN_BUSY (ERROR_TABLE_BASE_o2dl + 29)
#define O2DLM_ET_BAST_UNSUPPORTED (ERROR_TABLE_BASE_o2dl + 30)
#define O2DLM_ET_LVB_INVALID (ERROR_TABLE_BASE_o2dl + 31)

#ifdef __cplusplus
extern "C" {
#endif

extern const struct error_table et_o2dl_error_table;
/* Makes error_message(3) of com_err know these errors, when the program is linked with it. */
void initialize_o2dl_error_table(void);

#ifdef __cplusplus
}
#endif

#endif
