using Pentode.Tests.Nfs;

namespace Pentode.SystemTests.Names;

/// <summary>A call on its way: sent again with the same number until it is answered.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Version">Of NFS.</param>
/// <param name="Procedure">Number.</param>
/// <param name="Arguments">Arguments.</param>
/// <param name="Done">What is believed after its answer, whose status was good.</param>
internal sealed record RetriedCall(string Name, uint Version, uint Procedure, Xdr Arguments, Action<XdrParser> Done)
{
    public uint Xid { get; set; }
}
