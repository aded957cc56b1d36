using Pentode.Files;

namespace Pentode.Fuse;

/// <summary>Passes a change of readiness on to the loop of the session, and from there to the kernel.</summary>
internal sealed class FusePollSink(FuseSession session, FuseHandle handle) : IReadinessSink
{
    /// <summary>What the kernel calls the poll; the latest holds.</summary>
    public ulong KernelHandle { get; set; }

    /// <summary>The file it watches.</summary>
    public FuseHandle Handle => handle;

    /// <inheritdoc/>
    public void Changed() => session.Loop.Post(static s => ((FusePollSink)s!).Tell(), this);

    private void Tell() => session.NotifyPoll(this);
}
