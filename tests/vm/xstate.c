/*
 * Preloaded into linux.uml on processors whose extended register state is larger than the buffer that kernel was built with
 * (AMX). The host refuses PTRACE_SETREGSET with a short state: this hands it a full one, of which the rest is what the traced
 * process already has.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

typedef long ptrace_call(int request, int pid, void *address, void *data);

long ptrace(enum __ptrace_request request, ...)
{
	static ptrace_call *real;
	static char whole[1 << 16];
	struct iovec full = { whole, sizeof whole };
	const struct iovec *given;
	va_list list;
	void *address, *data;
	int pid;

	va_start(list, request);
	pid = va_arg(list, int);
	address = va_arg(list, void *);
	data = va_arg(list, void *);
	va_end(list);
	if (!real)
		real = (ptrace_call *)dlsym(RTLD_NEXT, "ptrace");
	if (request != PTRACE_SETREGSET || (long)address != NT_X86_XSTATE)
		return real(request, pid, address, data);
	if (real(PTRACE_GETREGSET, pid, address, &full) < 0)
		return -1;
	given = data;
	if (given->iov_len >= full.iov_len)
		return real(request, pid, address, data);
	memcpy(whole, given->iov_base, given->iov_len);
	return real(request, pid, address, &full);
}
