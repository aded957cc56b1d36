using Pentode.Core.Buffers;

namespace Pentode.Nbd.Server;

/// <summary>A buffer shared by several requests or replies; its owner releases it when nobody uses it any more.</summary>
internal sealed class NbdBlock
{
    public NativeBuffer? Buffer { get; set; }

    public int Users { get; set; }
}
