using System.Runtime.InteropServices;

namespace Pentode.Rings.Server;

/// <summary>Input and output of a client slot; kept for the next client. The kernel never writes to it behind our back.</summary>
internal sealed unsafe class RingsSessionMemory
{
    public RingsSessionMemory(int inputCapacity, int outputCapacity)
    {
        InputCapacity = inputCapacity;
        OutputCapacity = outputCapacity;
        Input = (byte*)NativeMemory.Alloc((nuint)inputCapacity);
        Output = (byte*)NativeMemory.Alloc((nuint)outputCapacity);
    }

    public byte* Input { get; private set; }

    public byte* Output { get; private set; }

    public int InputCapacity { get; }

    public int OutputCapacity { get; }

    public void Free()
    {
        NativeMemory.Free(Input);
        NativeMemory.Free(Output);
        Input = null;
        Output = null;
    }
}
