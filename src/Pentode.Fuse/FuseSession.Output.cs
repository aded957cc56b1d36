using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Fuse.Wire;
using Pentode.Linux.Fuse;
using FileAttributes = Pentode.Files.FileAttributes;

namespace Pentode.Fuse;

/// <content>Replies and notifications.</content>
public sealed partial class FuseSession
{
    private const ushort MaxBackground = 64;
    private const uint BlockSize = 4096;

    private uint _revision;

    /// <summary>Answers with an error or, with none, with nothing but success.</summary>
    private void Answer(FuseRequest request, Errno error)
    {
        if (error != Errno.None)
            Volatile.Write(ref _errors, _errors + 1);
        _ = Send(request, error, default);
    }

    /// <summary>Answers with a body; false when nobody waited for it any more.</summary>
    private bool Answer(FuseRequest request, ReadOnlySpan<byte> body) => Send(request, Errno.None, body);

    private bool Send(FuseRequest request, Errno error, ReadOnlySpan<byte> body)
    {
        request.IsAnswered = true;
        return Send(request.Unique, -(int)error, body);
    }

    private bool Send(ulong unique, int code, ReadOnlySpan<byte> body)
    {
        Span<byte> head = stackalloc byte[FuseOutHeader.Size];
        var writer = new LittleEndianWriter(head);
        new FuseOutHeader { Length = (uint)(FuseOutHeader.Size + body.Length), Error = code, Unique = unique }.Write(ref writer);
        var result = FuseCalls.Write(_device, head, body);
        if (result >= 0)
            return true;
        if ((Errno)(-result) is not (Errno.ENOENT or Errno.ENODEV or Errno.ECONNABORTED))
            _options.Log.Write(LogLevel.Warning, $"fuse: {_options.Source}: the kernel refuses a reply of {body.Length} bytes: {(Errno)(-result)}");
        return false;
    }

    private static FuseAttr ToWire(in FileAttributes a) => new()
    {
        Inode = a.Id.Path,
        Length = a.Size,
        Blocks = a.Blocks,
        AccessTime = (ulong)a.AccessTime.Seconds,
        ModifyTime = (ulong)a.ModifyTime.Seconds,
        ChangeTime = (ulong)a.ChangeTime.Seconds,
        AccessNanoseconds = a.AccessTime.Nanoseconds,
        ModifyNanoseconds = a.ModifyTime.Nanoseconds,
        ChangeNanoseconds = a.ChangeTime.Nanoseconds,
        Mode = a.Mode,
        LinkCount = (uint)Math.Min(a.LinkCount, uint.MaxValue),
        Uid = a.Uid,
        Gid = a.Gid,
        Device = (a.DeviceMinor & 0xFF) | (a.DeviceMajor << 8) | ((a.DeviceMinor & ~0xFFu) << 12),
        BlockSize = BlockSize,
    };

    private void WriteEntry(Span<byte> to, FuseNode node, in FileAttributes attributes)
    {
        var writer = new LittleEndianWriter(to);
        new FuseEntryOut
        {
            NodeId = node.Id,
            EntrySeconds = (ulong)_options.EntryTimeout.TotalSeconds,
            EntryNanoseconds = Nanoseconds(_options.EntryTimeout),
            AttributeSeconds = (ulong)_options.AttributeTimeout.TotalSeconds,
            AttributeNanoseconds = Nanoseconds(_options.AttributeTimeout),
            Attributes = ToWire(attributes),
        }.Write(ref writer);
    }

    private static uint Nanoseconds(TimeSpan time) => (uint)(time.Ticks % TimeSpan.TicksPerSecond * 100);

    private void AnswerAttributes(FuseRequest q, in FileAttributes attributes)
    {
        Span<byte> bytes = stackalloc byte[FuseAttrOut.Size];
        var writer = new LittleEndianWriter(bytes);
        new FuseAttrOut
        {
            Seconds = (ulong)_options.AttributeTimeout.TotalSeconds,
            Nanoseconds = Nanoseconds(_options.AttributeTimeout),
            Attributes = ToWire(attributes),
        }.Write(ref writer);
        _ = Answer(q, bytes);
    }
}
