using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Fuse.Wire;

namespace Pentode.Fuse;

/// <content>Extended attributes.</content>
public sealed partial class FuseSession
{
    private ValueTask<Errno> GetExtendedAttribute(FuseRequest q)
    {
        if (!FuseGetxattrIn.TryRead(q.Body.Span, out var m) || NameAt(q, FuseGetxattrIn.Size, out _) is not { } name)
            return new(Errno.EIO);
        return Pin(q) is { } node ? AnswerValue(q, _volume.GetExtendedAttribute(q.Who, node, name), m.Count) : new(Errno.ESTALE);
    }

    private ValueTask<Errno> ListExtendedAttributes(FuseRequest q)
    {
        if (!FuseGetxattrIn.TryRead(q.Body.Span, out var m))
            return new(Errno.EIO);
        return Pin(q) is { } node ? AnswerValue(q, _volume.ListExtendedAttributes(q.Who, node), m.Count) : new(Errno.ESTALE);
    }

    private ValueTask<Errno> SetExtendedAttribute(FuseRequest q)
    {
        if (!FuseSetxattrIn.TryRead(q.Body.Span, out var m) || NameAt(q, FuseSetxattrIn.Size, out var next) is not { } name
            || q.Body.Length - next < m.Count)
            return new(Errno.EIO);
        return Pin(q) is { } node
            ? _volume.SetExtendedAttribute(q.Who, node, name, q.Body.Slice(next, (int)m.Count), (int)m.Flags)
            : new(Errno.ESTALE);
    }

    private ValueTask<Errno> RemoveExtendedAttribute(FuseRequest q)
    {
        if (NameAt(q, 0, out _) is not { } name)
            return new(Errno.EIO);
        return Pin(q) is { } node ? _volume.RemoveExtendedAttribute(q.Who, node, name) : new(Errno.ESTALE);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> AnswerValue(FuseRequest q, ValueTask<Result<byte[]>> task, uint room)
    {
        var value = await task;
        if (!value.IsOk)
            return value.Error;
        if (room == 0)
        {
            AnswerSize(q, value.Value.Length);
            return Errno.None;
        }

        if (value.Value.Length > room)
            return Errno.ERANGE;
        _ = Answer(q, value.Value);
        return Errno.None;
    }

    private void AnswerSize(FuseRequest q, int size)
    {
        Span<byte> bytes = stackalloc byte[FuseGetxattrOut.Size];
        var writer = new LittleEndianWriter(bytes);
        new FuseGetxattrOut { Count = (uint)size }.Write(ref writer);
        _ = Answer(q, bytes);
    }
}
