using Pentode.Linux;

namespace Pentode.Rings.Server;

/// <summary>Input and output of a client; kept for the next one. The kernel never writes to it behind our back.</summary>
internal sealed unsafe class RingsSessionMemory
{
    // Of each direction, between two clients: what most of them need.
    private const int KeptBytes = 16 << 10;

    public RingsSessionMemory(int inputCapacity, int outputCapacity)
    {
        InputCapacity = inputCapacity;
        OutputCapacity = outputCapacity;
        Input = PrivateMemory.Map((nuint)inputCapacity);
        Output = PrivateMemory.Map((nuint)outputCapacity);
    }

    public byte* Input { get; private set; }

    public byte* Output { get; private set; }

    public int InputCapacity { get; }

    public int OutputCapacity { get; }

    /// <summary>A client is gone: what only a flood needed goes back to the machine.</summary>
    public void Rest()
    {
        PrivateMemory.GiveBack(Input, (nuint)InputCapacity, KeptBytes);
        PrivateMemory.GiveBack(Output, (nuint)OutputCapacity, KeptBytes);
    }

    public void Free()
    {
        PrivateMemory.Unmap(Input, (nuint)InputCapacity);
        PrivateMemory.Unmap(Output, (nuint)OutputCapacity);
        Input = null;
        Output = null;
    }
}
