using System.Runtime.InteropServices;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <summary>Memory for paths, vectors and data inside messages. Lives on the thread of the engine.</summary>
internal sealed unsafe class EngineBlocks : IDisposable
{
    private const int Small = 1024;
    private const int Middle = 9216;
    private const int KeptBytes = 8 << 20;

    private readonly int[] _sizes = [Small, Middle, RingsWire2.MaxInline + RingsWire2.MaxPath];
    private readonly Stack<nint>[] _free = [new(), new(), new()];

    /// <summary>Blocks lent.</summary>
    public int Lent { get; private set; }

    public EngineBlock Rent(int length)
    {
        var size = 0;
        while (_sizes[size] < length)
            size++;
        Lent++;
        return new EngineBlock(_free[size].TryPop(out var block) ? (byte*)block : (byte*)NativeMemory.AlignedAlloc((nuint)_sizes[size], 64), size);
    }

    public void Return(EngineBlock block)
    {
        if (block.Pointer == null)
            return;
        Lent--;
        if (_free[block.Class].Count * (long)_sizes[block.Class] < KeptBytes)
            _free[block.Class].Push((nint)block.Pointer);
        else
            NativeMemory.AlignedFree(block.Pointer);
    }

    public void Dispose()
    {
        foreach (var stack in _free)
        {
            while (stack.TryPop(out var block))
                NativeMemory.AlignedFree((void*)block);
        }
    }
}
