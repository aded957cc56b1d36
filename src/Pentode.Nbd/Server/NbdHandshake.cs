using System.Buffers.Binary;
using System.Text;
using Pentode.Blocks;
using Pentode.Core.Buffers;
using Pentode.Core.Codecs;
using Pentode.Nbd.Wire;
using Pentode.Uring;

namespace Pentode.Nbd.Server;

/// <summary>
/// The handshake of one connection (NBD protocol, newstyle and oldstyle negotiation). Reads exactly what a message announces, so nothing
/// of the transmission phase is ever taken by mistake. Every length is checked against its limit before it is read.
/// </summary>
internal sealed class NbdHandshake(NbdServer server, IoLoop loop, int socket, NativeBuffer scratch, BlockExport? oldStyle)
{
    private const int ReplyRoom = 16384;
    private readonly NbdServerOptions _options = server.Options;
    private bool _isStructured;
    private BlockExport? _contextExport;
    private bool _hasZeroPadding = true;

    /// <summary>Runs to the transmission phase; null when the connection is to be closed. <see cref="Violation"/> tells why, if the client is at fault.</summary>
    public async ValueTask<NbdNegotiated?> Run()
    {
        if (oldStyle is not null)
            return await SendOldStyle(oldStyle);
        if (!await Send(Greeting(), 18))
            return null;
        if (!await Receive(4))
            return null;
        var clientFlags = BinaryPrimitives.ReadUInt32BigEndian(scratch.GetSpan());
        if ((clientFlags & ~3u) != 0)
            return Fail("unknown client flags");
        _hasZeroPadding = (clientFlags & (uint)NbdHandshakeFlags.NBD_FLAG_NO_ZEROES) == 0;
        for (var i = 0; i < _options.MaxOptions; i++)
        {
            if (!await Receive(NbdWire.OptionHeaderSize))
                return null;
            if (!ReadHeader(out var option, out var length))
                return Fail("bad option magic");
            if (length > (uint)_options.MaxOptionBytes)
                return Fail("option too long");
            if (length > 0 && !await Receive((int)length))
                return null;
            switch (option)
            {
                case NbdOption.NBD_OPT_EXPORT_NAME:
                    return await ExportName((int)length);
                case NbdOption.NBD_OPT_ABORT:
                    await Reply(option, NbdOptionReply.NBD_REP_ACK);
                    return null;
                case NbdOption.NBD_OPT_GO or NbdOption.NBD_OPT_INFO:
                    var (export, ok) = Describe(option, (int)length, out var size);
                    if (!await Send(size, size))
                        return null;
                    if (ok && option == NbdOption.NBD_OPT_GO)
                        return Settle(export!);
                    break;
                default:
                    var bytes = Answer(option, (int)length);
                    if (!await Send(bytes, bytes))
                        return null;
                    break;
            }
        }

        return Fail("too many options");
    }

    /// <summary>What the client did wrong, or null.</summary>
    public string? Violation { get; private set; }

    private Span<byte> Out => scratch.GetSpan()[^(ReplyRoom + 131072)..];

    private int OutOffset => scratch.Capacity - ReplyRoom - 131072;

    private NbdNegotiated? Fail(string why)
    {
        Violation = why;
        return null;
    }

    private NbdNegotiated Settle(BlockExport export) => new(export, _isStructured, _isStructured && _contextExport == export);

    private bool ReadHeader(out NbdOption option, out uint length)
    {
        var ok = NbdOptionHeader.TryRead(scratch.GetSpan()[..NbdWire.OptionHeaderSize], out var header);
        option = header.Option;
        length = header.Length;
        return ok;
    }

    private async ValueTask<bool> Receive(int count) => await loop.ReceiveAsync(socket, scratch.Slice(0, count), waitAll: true) == count;

    private async ValueTask<bool> Send(int written, int expected) =>
        written == 0 || await loop.SendAsync(socket, scratch.Slice(OutOffset, written)) == expected;

    private async ValueTask<bool> Reply(NbdOption option, NbdOptionReply type)
    {
        var length = Head(option, type);
        return await Send(length, length);
    }

    private int Head(NbdOption option, NbdOptionReply type)
    {
        var writer = new BigEndianWriter(Out);
        NbdOptionHeader.WriteReply(ref writer, option, type, 0);
        return writer.Position;
    }

    private int Greeting()
    {
        var writer = new BigEndianWriter(Out);
        writer.U64(NbdWire.InitPasswd);
        writer.U64(NbdWire.IHaveOpt);
        writer.U16(3);
        return writer.Position;
    }

    private async ValueTask<NbdNegotiated?> SendOldStyle(BlockExport export)
    {
        var length = OldStyle(export);
        return await Send(length, length) ? Settle(export) : null;
    }

    private int OldStyle(BlockExport export)
    {
        var writer = new BigEndianWriter(Out);
        writer.U64(NbdWire.InitPasswd);
        writer.U64(NbdWire.OldStyleMagic);
        writer.U64((ulong)export.Info.Size);
        writer.U32((uint)Flags(export));
        writer.Zeroes(124);
        return writer.Position;
    }

    private async ValueTask<NbdNegotiated?> ExportName(int length)
    {
        // No error can be sent here: the protocol asks for a close.
        var export = server.Find(scratch.GetSpan()[..length]);
        if (export is null)
            return Fail("unknown export by EXPORT_NAME");
        var bytes = ExportNameReply(export);
        return await Send(bytes, bytes) ? Settle(export) : null;
    }

    private int ExportNameReply(BlockExport export)
    {
        var writer = new BigEndianWriter(Out);
        writer.U64((ulong)export.Info.Size);
        writer.U16((ushort)Flags(export));
        writer.Zeroes(_hasZeroPadding ? 124 : 0);
        return writer.Position;
    }

    private (BlockExport? Export, bool Ok) Describe(NbdOption option, int length, out int written)
    {
        if (!NbdInfoQuery.TryRead(scratch.GetSpan()[..length], out var query))
        {
            written = Error(option, NbdOptionReply.NBD_REP_ERR_INVALID, "malformed request");
            return (null, false);
        }

        var export = server.Find(query.Name);
        if (export is null)
        {
            written = Error(option, NbdOptionReply.NBD_REP_ERR_UNKNOWN, "no such export");
            return (null, false);
        }

        var info = export.Info;
        var writer = new BigEndianWriter(Out);
        NbdOptionHeader.WriteReply(ref writer, option, NbdOptionReply.NBD_REP_INFO, 12);
        writer.U16((ushort)NbdInfo.NBD_INFO_EXPORT);
        writer.U64((ulong)info.Size);
        writer.U16((ushort)Flags(export));
        if (query.Wants(NbdInfo.NBD_INFO_NAME))
            Text(ref writer, option, NbdInfo.NBD_INFO_NAME, export.Name);
        if (query.Wants(NbdInfo.NBD_INFO_DESCRIPTION) && export.Description.Length > 0)
            Text(ref writer, option, NbdInfo.NBD_INFO_DESCRIPTION, export.Description);
        if (query.Wants(NbdInfo.NBD_INFO_BLOCK_SIZE))
        {
            NbdOptionHeader.WriteReply(ref writer, option, NbdOptionReply.NBD_REP_INFO, 14);
            writer.U16((ushort)NbdInfo.NBD_INFO_BLOCK_SIZE);
            writer.U32((uint)info.MinimumBlock);
            writer.U32((uint)info.PreferredBlock);
            writer.U32((uint)_options.MaxPayload);
        }

        NbdOptionHeader.WriteReply(ref writer, option, NbdOptionReply.NBD_REP_ACK, 0);
        written = writer.Position;
        return (export, true);
    }

    private int Answer(NbdOption option, int length)
    {
        var data = scratch.GetSpan()[..length];
        var writer = new BigEndianWriter(Out);
        switch (option)
        {
            case NbdOption.NBD_OPT_LIST when length > 0:
            case NbdOption.NBD_OPT_STRUCTURED_REPLY when length > 0:
                return Error(option, NbdOptionReply.NBD_REP_ERR_INVALID, "option takes no data");
            case NbdOption.NBD_OPT_LIST when !_options.AllowList:
                return Error(option, NbdOptionReply.NBD_REP_ERR_POLICY, "listing is not allowed");
            case NbdOption.NBD_OPT_LIST:
                foreach (var export in server.Exports)
                {
                    var name = Encoding.UTF8.GetBytes(export.Name);
                    var description = Encoding.UTF8.GetBytes(export.Description);
                    NbdOptionHeader.WriteReply(ref writer, option, NbdOptionReply.NBD_REP_SERVER, (uint)(4 + name.Length + description.Length));
                    writer.U32((uint)name.Length);
                    writer.Bytes(name);
                    writer.Bytes(description);
                }

                NbdOptionHeader.WriteReply(ref writer, option, NbdOptionReply.NBD_REP_ACK, 0);
                return writer.IsOverrun ? Error(option, NbdOptionReply.NBD_REP_ERR_TOO_BIG, "too many exports to list") : writer.Position;
            case NbdOption.NBD_OPT_STRUCTURED_REPLY:
                _isStructured = true;
                NbdOptionHeader.WriteReply(ref writer, option, NbdOptionReply.NBD_REP_ACK, 0);
                return writer.Position;
            case NbdOption.NBD_OPT_LIST_META_CONTEXT or NbdOption.NBD_OPT_SET_META_CONTEXT:
                return MetaContext(option, data);
            case NbdOption.NBD_OPT_STARTTLS:
                return Error(option, NbdOptionReply.NBD_REP_ERR_POLICY, "TLS is not configured");
            default:
                return Error(option, NbdOptionReply.NBD_REP_ERR_UNSUP, "unknown option");
        }
    }

    private int MetaContext(NbdOption option, ReadOnlySpan<byte> data)
    {
        var isSet = option == NbdOption.NBD_OPT_SET_META_CONTEXT;
        if (isSet)
            _contextExport = null;
        if (!_isStructured)
            return Error(option, NbdOptionReply.NBD_REP_ERR_INVALID, "structured replies come first");
        if (!NbdMetaQuery.TryRead(data, out var query))
            return Error(option, NbdOptionReply.NBD_REP_ERR_INVALID, "malformed request");
        var export = server.Find(query.Name);
        if (export is null)
            return Error(option, NbdOptionReply.NBD_REP_ERR_UNKNOWN, "no such export");
        var writer = new BigEndianWriter(Out);
        if (query.HasAllocation || (!isSet && (query.Count == 0 || query.HasBaseWildcard)))
        {
            NbdOptionHeader.WriteReply(ref writer, option, NbdOptionReply.NBD_REP_META_CONTEXT, (uint)(4 + NbdMetaQuery.BaseAllocation.Length));
            writer.U32(isSet ? NbdSession.AllocationContextId : 0);
            writer.Bytes(NbdMetaQuery.BaseAllocation);
            if (isSet)
                _contextExport = export;
        }

        NbdOptionHeader.WriteReply(ref writer, option, NbdOptionReply.NBD_REP_ACK, 0);
        return writer.Position;
    }

    private int Error(NbdOption option, NbdOptionReply type, string text)
    {
        var writer = new BigEndianWriter(Out);
        NbdOptionHeader.WriteReply(ref writer, option, type, (uint)text.Length);
        writer.Bytes(Encoding.ASCII.GetBytes(text));
        return writer.Position;
    }

    private static void Text(ref BigEndianWriter writer, NbdOption option, NbdInfo type, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        NbdOptionHeader.WriteReply(ref writer, option, NbdOptionReply.NBD_REP_INFO, (uint)(2 + bytes.Length));
        writer.U16((ushort)type);
        writer.Bytes(bytes);
    }

    private NbdTransmissionFlags Flags(BlockExport export)
    {
        var info = export.Info;
        var flags = NbdTransmissionFlags.NBD_FLAG_HAS_FLAGS | NbdTransmissionFlags.NBD_FLAG_SEND_FLUSH | NbdTransmissionFlags.NBD_FLAG_SEND_FUA |
            NbdTransmissionFlags.NBD_FLAG_SEND_WRITE_ZEROES | NbdTransmissionFlags.NBD_FLAG_SEND_CACHE;
        if (!export.TakesWrites)
            flags |= NbdTransmissionFlags.NBD_FLAG_READ_ONLY;
        if (info.IsRotational)
            flags |= NbdTransmissionFlags.NBD_FLAG_ROTATIONAL;
        if (info.CanTrim)
            flags |= NbdTransmissionFlags.NBD_FLAG_SEND_TRIM;
        if (info.CanFastZero)
            flags |= NbdTransmissionFlags.NBD_FLAG_SEND_FAST_ZERO;
        if (info.IsCoherent)
            flags |= NbdTransmissionFlags.NBD_FLAG_CAN_MULTI_CONN;
        if (_isStructured)
            flags |= NbdTransmissionFlags.NBD_FLAG_SEND_DF;
        return flags;
    }
}
