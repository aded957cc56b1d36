using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Server;

/// <summary>Txattrwalk, Txattrcreate and the commit at Tclunk.</summary>
internal sealed partial class NinePConnection
{
    private const uint XattrReplace = 2;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> XattrWalk(Request q)
    {
        if (!Txattrwalk.TryRead(q.Body.Span, out var m))
            return BadFrame;
        var target = m.Newfid;
        if (UseNode(q, m.Fid) is not { } fid)
            return Errno.EBADF;
        var error = CanPublish(target);
        if (error != Errno.None)
            return error;
        var name = q.Name(m.Name);
        var value = name.Bytes.Length == 0
            ? await fid.Volume.ListExtendedAttributes(fid.Who, fid.Node).ConfigureAwait(false)
            : await fid.Volume.GetExtendedAttribute(fid.Who, fid.Node, name).ConfigureAwait(false);
        if (!value.IsOk)
            return value.Error;
        fid.Node.AddReference();
        var made = NewFid(fid, fid.Node);
        made.XattrValue = value.Value;
        error = Publish(q, target, made);
        if (error == Errno.None)
            Answer(q, new Rxattrwalk { Length = (ulong)value.Value.Length });
        return error;
    }

    private Errno XattrCreate(Request q)
    {
        if (!Txattrcreate.TryRead(q.Body.Span, out var m))
            return BadFrame;
        if (UseNode(q, m.Fid) is not { } fid)
            return Errno.EBADF;
        if (fid.IsOpen || m.Flags > XattrReplace || m.Name.Length == 0)
            return Errno.EINVAL;
        if (m.Name.Length > FileName.MaximumLength)
            return Errno.ERANGE;
        if (m.AttrSize > P9Limits.MaxXattrSize)
            return Errno.E2BIG;

        // A new object: requests that hold the old one still mean the file.
        fid.Node.AddReference();
        var made = NewFid(fid, fid.Node);
        (made.XattrName, made.XattrValue, made.XattrFlags) = (m.Name.ToArray(), new byte[(int)m.AttrSize], m.Flags);
        return Done(q, Replace(m.Fid, fid, made));
    }

    private static ValueTask<Errno> CommitXattr(Fid fid)
    {
        var value = fid.XattrValue!;
        if (fid.XattrWritten != value.Length)
            return new(Errno.EINVAL);
        var name = new FileName(fid.XattrName);
        return value.Length == 0 && fid.XattrFlags == XattrReplace
            ? fid.Volume.RemoveExtendedAttribute(fid.Who, fid.Node, name)
            : fid.Volume.SetExtendedAttribute(fid.Who, fid.Node, name, value, (int)fid.XattrFlags);
    }
}
