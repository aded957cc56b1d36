using System.Runtime.InteropServices;
using Pentode.Core;
using Pentode.Linux;

namespace Pentode.Tests.Rings.V2;

/// <summary>Pages whose first touch waits until it is let go (userfaultfd): who reads into them hangs as in a file that is away. Needs root.</summary>
internal sealed unsafe partial class HeldMemory : IDisposable
{
    private const int Page = 4096;
    private const uint Api = 0xC018AA3F;
    private const uint Register = 0xC020AA00;
    private const uint ZeroPage = 0xC020AA04;

    private readonly int _memory;
    private readonly int _faults;
    private readonly int _pages;
    private readonly byte* _base;

    public HeldMemory(int pages)
    {
        _pages = pages;
        _memory = SharedMemory.Create("held", pages * Page);
        _base = SharedMemory.Map(_memory, (nuint)(pages * Page), isWritable: true, out var error);
        Assert.Equal(Errno.None, error);
        _faults = (int)Call(RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? 282 : 323, 0x80800);
        Assert.True(_faults >= 0);
        Ask(Api, [0xAA, 0, 0]);
        Ask(Register, [(ulong)_base, (ulong)(pages * Page), 1, 0]);
    }

    public byte* this[int page] => _base + (page * Page);

    public void LetGo(int page) => Ask(ZeroPage, [(ulong)this[page], Page, 0, 0]);

    public void Dispose()
    {
        FileCalls.Close(_faults);
        SharedMemory.Unmap(_base, (nuint)(_pages * Page));
        FileCalls.Close(_memory);
    }

    private void Ask(uint request, Span<ulong> argument) => Assert.Equal(0, FileCalls.Ioctl(_faults, request, MemoryMarshal.AsBytes(argument)));

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Call(long number, long flags);
}
