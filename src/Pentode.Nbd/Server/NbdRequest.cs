using System.Runtime.CompilerServices;
using Pentode.Blocks;
using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Nbd.Wire;

namespace Pentode.Nbd.Server;

/// <summary>One request under way. Pooled by its session; the awaiting delegate is made once.</summary>
internal sealed class NbdRequest
{
    private readonly NbdSession _session;
    private readonly Action _continuation;
    private ValueTaskAwaiter<Errno> _awaiter;

    public NbdRequest(NbdSession session)
    {
        _session = session;
        _continuation = () => _session.Finish(this, _awaiter.GetResult());
    }

    public NbdCommand Type { get; set; }

    public NbdCommandFlags Flags { get; set; }

    public ulong Cookie { get; set; }

    public long Offset { get; set; }

    public int Length { get; set; }

    /// <summary>Reply slot, when the reply is built in a shared block.</summary>
    public NbdBlock? Slot { get; set; }

    public int SlotOffset { get; set; }

    /// <summary>Payload of a write or of a large read.</summary>
    public NativeBuffer? Buffer { get; set; }

    public List<BlockExtent> Extents { get; } = [];

    public void Await(ValueTask<Errno> task)
    {
        if (task.IsCompleted)
        {
            _session.Finish(this, task.GetAwaiter().GetResult());
            return;
        }

        _awaiter = task.GetAwaiter();
        _awaiter.UnsafeOnCompleted(_continuation);
    }
}
