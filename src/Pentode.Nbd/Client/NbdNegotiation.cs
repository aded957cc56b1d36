using System.Text;
using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Core.Codecs;
using Pentode.Nbd.Wire;
using Pentode.Uring;

namespace Pentode.Nbd.Client;

/// <summary>
/// The client's side of the handshake on a connected socket, on its loop. Reads exactly what a message announces. Every length and count is
/// checked against its limit before anything is read; after a method said no, <see cref="Problem"/> tells why.
/// </summary>
internal sealed class NbdNegotiation(IoLoop loop, int socket, NativeBuffer scratch, NbdClientOptions options)
{
    /// <summary>Bytes the scratch buffer must have: replies arrive in the first half, options are built in the second.</summary>
    public const int ScratchBytes = 2 * MaxReplyBytes;

    private const int MaxReplyBytes = 65536;
    private const int MaxReplies = 1024;
    private const long MaxListBytes = 16L << 20;
    private const uint NoLimit = 0xffffffff;

    private bool _isFixed;
    private bool _hasZeroPadding = true;
    private bool _isStructured;
    private NbdOptionReply _type;
    private int _length;
    private int _replies;

    /// <summary>Why the last method failed.</summary>
    public NbdProblem? Problem { get; private set; }

    /// <summary>Facts of the one export of an oldstyle server, known after <see cref="Greet"/>; null for others.</summary>
    public NbdExportInfo? OldStyle { get; private set; }

    /// <summary>Reads the greeting, answers it, and turns structured replies on where the server can.</summary>
    public async ValueTask<bool> Greet()
    {
        if (!await Receive(16))
            return false;
        var (magic, style) = TwoWords();
        if (magic != NbdWire.InitPasswd)
            return Fail(Errno.EPROTO, "this is no NBD server: it does not begin with NBDMAGIC");
        if (style == NbdWire.OldStyleMagic)
            return await Receive(NbdWire.OldStyleSize - 16) && ReadOldStyle();
        if (style != NbdWire.IHaveOpt)
            return Fail(Errno.EPROTO, "the server's greeting is neither oldstyle nor newstyle");
        if (!await Receive(2))
            return false;
        var flags = new BigEndianReader(scratch.GetSpan()[..2]).U16();
        _isFixed = (flags & (int)NbdHandshakeFlags.NBD_FLAG_FIXED_NEWSTYLE) != 0;
        _hasZeroPadding = (flags & (int)NbdHandshakeFlags.NBD_FLAG_NO_ZEROES) == 0;
        if (!await Send(WriteFlags((uint)flags & 3)))
            return false;
        return !_isFixed || !options.UseStructured || await Structure();
    }

    /// <summary>Opens an export: selects the contexts, then GO, or EXPORT_NAME where the server knows no GO. Null on failure.</summary>
    public async ValueTask<NbdExportInfo?> Open(string name)
    {
        if (OldStyle is { } oldStyle)
            return name.Length == 0 || Fail(Errno.ENOENT, $"an oldstyle server has one export without a name, not '{name}'") ? oldStyle : null;
        if (!_isFixed)
            return await ExportName(name);
        IReadOnlyList<NbdContext>? available = null;
        if (options.ListContexts)
        {
            (available, var ok) = await Contexts(NbdOption.NBD_OPT_LIST_META_CONTEXT, name, []);
            if (!ok)
                return null;
        }

        IReadOnlyList<NbdContext>? selected = null;
        if (_isStructured && options.Contexts.Count > 0)
        {
            (selected, var ok) = await Contexts(NbdOption.NBD_OPT_SET_META_CONTEXT, name, [.. options.Contexts.Select(Encoding.UTF8.GetBytes)]);
            if (!ok)
                return null;
        }

        var info = await Describe(NbdOption.NBD_OPT_GO, name);
        if (info is null && Problem is null)
            info = await ExportName(name);
        else if (info is null)
            await Abort();
        return info is null ? null : info with { Contexts = selected ?? [], AvailableContexts = available };
    }

    /// <summary>All facts of an export without opening it. Null on failure.</summary>
    public async ValueTask<NbdExportInfo?> Inspect(string name)
    {
        Problem = null;
        if (OldStyle is { } oldStyle)
            return oldStyle;
        if (!_isFixed)
        {
            Fail(Errno.EOPNOTSUPP, "the server is too old to tell about exports");
            return null;
        }

        var info = await Describe(NbdOption.NBD_OPT_INFO, name);
        if (info is null)
        {
            if (Problem is null)
                Fail(Errno.EOPNOTSUPP, "the server is too old to tell about exports");
            return null;
        }

        var (available, ok) = await Contexts(NbdOption.NBD_OPT_LIST_META_CONTEXT, name, []);
        return ok ? info with { AvailableContexts = available } : null;
    }

    /// <summary>Names and descriptions of all exports. Null on failure.</summary>
    public async ValueTask<List<NbdListedExport>?> List()
    {
        var exports = new List<NbdListedExport>();
        if (OldStyle is { } oldStyle)
        {
            exports.Add(new NbdListedExport("", "", oldStyle, null));
            return exports;
        }

        if (!_isFixed)
        {
            Fail(Errno.EOPNOTSUPP, "the server is too old to list its exports");
            return null;
        }

        if (!await Send(NbdOptions.Plain(Out, NbdOption.NBD_OPT_LIST)))
            return null;
        var bytes = 0L;
        while (await Next(NbdOption.NBD_OPT_LIST))
        {
            bytes += _length;
            switch (_type)
            {
                case NbdOptionReply.NBD_REP_ACK:
                    return exports;
                case NbdOptionReply.NBD_REP_SERVER when exports.Count >= options.MaxListedExports || bytes > MaxListBytes:
                    Fail(Errno.EPROTO, $"the server lists more than {exports.Count} exports: that is the limit");
                    return null;
                case NbdOptionReply.NBD_REP_SERVER:
                    if (ReadServer() is not { } export)
                        return null;
                    exports.Add(export);
                    break;
                default:
                    Refused("list");
                    return null;
            }
        }

        return null;
    }

    /// <summary>Ends politely; whatever happens, the caller closes the socket.</summary>
    public async ValueTask Abort()
    {
        if (_isFixed)
            await loop.SendAsync(socket, scratch.Slice(MaxReplyBytes, NbdOptions.Plain(Out, NbdOption.NBD_OPT_ABORT)));
    }

    private Span<byte> Out => scratch.GetSpan()[MaxReplyBytes..ScratchBytes];

    private async ValueTask<bool> Structure()
    {
        if (!await Send(NbdOptions.Plain(Out, NbdOption.NBD_OPT_STRUCTURED_REPLY)) || !await Next(NbdOption.NBD_OPT_STRUCTURED_REPLY))
            return false;
        _isStructured = _type == NbdOptionReply.NBD_REP_ACK;

        // A server that cannot is fine; one that wants TLS or is leaving will say so again.
        return _isStructured || IsError || Unexpected("STRUCTURED_REPLY");
    }

    // Error replies mean: no contexts. Only a broken connection or protocol is a failure.
    private async ValueTask<(IReadOnlyList<NbdContext>? Contexts, bool Ok)> Contexts(NbdOption option, string name, byte[][] queries)
    {
        if (!await Send(NbdOptions.Meta(Out, option, Encoding.UTF8.GetBytes(name), queries)))
            return (null, false);
        var found = new List<NbdContext>();
        while (await Next(option))
        {
            if (_type == NbdOptionReply.NBD_REP_ACK)
                return (found, true);
            if (IsError)
                return (null, true);
            if (_type != NbdOptionReply.NBD_REP_META_CONTEXT)
                return (null, Unexpected("a context"));
            if (ReadContext() is not { } context)
                return (null, false);
            var isWanted = option == NbdOption.NBD_OPT_LIST_META_CONTEXT || options.Contexts.Contains(context.Name, StringComparer.Ordinal);
            if (option == NbdOption.NBD_OPT_SET_META_CONTEXT && (!isWanted || found.Any(f => f.Id == context.Id || f.Name == context.Name)))
                return (null, Fail(Errno.EPROTO, $"the server selected the context '{context.Name}' twice or unasked"));
            found.Add(context);
        }

        return (null, false);
    }

    // Null without a problem: the server does not know the option.
    private async ValueTask<NbdExportInfo?> Describe(NbdOption option, string name)
    {
        ReadOnlySpan<NbdInfo> types = [NbdInfo.NBD_INFO_NAME, NbdInfo.NBD_INFO_DESCRIPTION, NbdInfo.NBD_INFO_BLOCK_SIZE];
        if (!await Send(NbdOptions.Info(Out, option, Encoding.UTF8.GetBytes(name), types)))
            return null;
        NbdExportInfo? info = null;
        var gathered = new NbdExportInfo { Name = name, Protocol = "newstyle-fixed", Size = -1, Flags = 0, IsStructured = _isStructured };
        while (await Next(option))
        {
            switch (_type)
            {
                case NbdOptionReply.NBD_REP_ACK when gathered.Size < 0:
                    Fail(Errno.EPROTO, "the server did not tell the size of the export");
                    return null;
                case NbdOptionReply.NBD_REP_ACK:
                    return gathered;
                case NbdOptionReply.NBD_REP_INFO:
                    info = ReadInfo(gathered);
                    if (info is null)
                        return null;
                    gathered = info;
                    break;
                case NbdOptionReply.NBD_REP_ERR_UNSUP:
                    return null;
                default:
                    Refused($"export '{name}'");
                    return null;
            }
        }

        return null;
    }

    private async ValueTask<NbdExportInfo?> ExportName(string name)
    {
        if (!await Send(NbdOptions.Plain(Out, NbdOption.NBD_OPT_EXPORT_NAME, Encoding.UTF8.GetBytes(name))))
            return null;
        if (!await Receive(10 + (_hasZeroPadding ? 124 : 0)))
        {
            // The protocol has no other way to say no.
            if (Problem?.Error == Errno.ECONNRESET)
                Problem = new NbdProblem(Errno.ENOENT, $"the server closed the connection: it has no export '{name}' or does not give it to us");
            return null;
        }

        return ReadExportName(name);
    }

    private async ValueTask<bool> Receive(int count)
    {
        var result = await loop.ReceiveAsync(socket, scratch.Slice(0, count), waitAll: true);
        if (result == count)
            return true;
        return result < 0 && result != -(int)Errno.ECONNRESET
            ? Fail((Errno)(-result), $"receiving failed: {NbdProblem.Words((Errno)(-result))}")
            : Fail(Errno.ECONNRESET, "the server closed the connection during the handshake");
    }

    private async ValueTask<bool> Send(int length)
    {
        var result = await loop.SendAsync(socket, scratch.Slice(MaxReplyBytes, length));
        return result == length || Fail(Errno.ECONNRESET, "the server closed the connection during the handshake");
    }

    private async ValueTask<bool> Next(NbdOption option)
    {
        if (!await Receive(NbdWire.OptionReplyHeaderSize) || !ReadReplyHeader(option))
            return false;
        return _length == 0 || await Receive(_length);
    }

    private bool ReadReplyHeader(NbdOption option)
    {
        if (!NbdOptionReplyHeader.TryRead(scratch.GetSpan()[..NbdWire.OptionReplyHeaderSize], out var header))
            return Fail(Errno.EPROTO, "an option reply has a bad magic number");
        if (header.Option != option)
            return Fail(Errno.EPROTO, $"the server answers option {(uint)header.Option} instead of {(uint)option}");
        if (header.Length > MaxReplyBytes)
            return Fail(Errno.EPROTO, $"an option reply of {header.Length} bytes is longer than the limit of {MaxReplyBytes}");
        if (option != NbdOption.NBD_OPT_LIST && ++_replies > MaxReplies)
            return Fail(Errno.EPROTO, $"the server sends more than {MaxReplies} replies to one option");
        _type = header.Type;
        _length = (int)header.Length;
        if (_type == NbdOptionReply.NBD_REP_ACK || IsError)
            _replies = 0;
        return true;
    }

    private bool IsError => ((uint)_type & 0x80000000) != 0;

    private (ulong First, ulong Second) TwoWords()
    {
        var reader = new BigEndianReader(scratch.GetSpan()[..16]);
        return (reader.U64(), reader.U64());
    }

    private int WriteFlags(uint flags)
    {
        var writer = new BigEndianWriter(Out);
        writer.U32(flags);
        return writer.Position;
    }

    private bool ReadOldStyle()
    {
        var reader = new BigEndianReader(scratch.GetSpan()[..12]);
        var size = reader.U64();
        var flags = reader.U32();
        if (size > long.MaxValue)
            return Fail(Errno.EPROTO, "the server tells a size of 2^63 bytes or more");
        OldStyle = new NbdExportInfo { Name = "", Protocol = "oldstyle", Size = (long)size, Flags = (NbdTransmissionFlags)(ushort)flags };
        return true;
    }

    private NbdExportInfo? ReadExportName(string name)
    {
        var reader = new BigEndianReader(scratch.GetSpan()[..10]);
        var size = reader.U64();
        var flags = (NbdTransmissionFlags)reader.U16();
        if (size <= long.MaxValue)
        {
            return new NbdExportInfo
            {
                Name = name, Protocol = _isFixed ? "newstyle-fixed" : "newstyle", Size = (long)size, Flags = flags, IsStructured = _isStructured,
            };
        }

        Fail(Errno.EPROTO, "the server tells a size of 2^63 bytes or more");
        return null;
    }

    private NbdListedExport? ReadServer()
    {
        if (NbdServerReply.TryRead(scratch.GetSpan()[.._length], out var reply))
            return new NbdListedExport(Encoding.UTF8.GetString(reply.Name), Encoding.UTF8.GetString(reply.Description), null, null);
        Fail(Errno.EPROTO, "an entry of the list of exports is malformed or its texts are too long");
        return null;
    }

    private NbdContext? ReadContext()
    {
        if (NbdContextReply.TryRead(scratch.GetSpan()[.._length], out var reply))
            return new NbdContext(reply.Id, Encoding.UTF8.GetString(reply.Name));
        Fail(Errno.EPROTO, "a metadata context is malformed or its name is too long");
        return null;
    }

    private NbdExportInfo? ReadInfo(NbdExportInfo so)
    {
        if (!NbdInfoReply.TryRead(scratch.GetSpan()[.._length], out var reply))
        {
            Fail(Errno.EPROTO, "an information about the export is malformed or its text is too long");
            return null;
        }

        switch (reply.Type)
        {
            case NbdInfo.NBD_INFO_EXPORT when reply.Size > long.MaxValue:
                Fail(Errno.EPROTO, "the server tells a size of 2^63 bytes or more");
                return null;
            case NbdInfo.NBD_INFO_EXPORT:
                return so with { Size = (long)reply.Size, Flags = reply.Flags };
            case NbdInfo.NBD_INFO_NAME:
                return so with { CanonicalName = Encoding.UTF8.GetString(reply.Text) };
            case NbdInfo.NBD_INFO_DESCRIPTION:
                return so with { Description = Encoding.UTF8.GetString(reply.Text) };
            case NbdInfo.NBD_INFO_BLOCK_SIZE when !IsSane(reply.Minimum, reply.Preferred, reply.Maximum):
                Fail(Errno.EPROTO, $"the server tells impossible block sizes: {reply.Minimum}, {reply.Preferred}, {reply.Maximum}");
                return null;
            case NbdInfo.NBD_INFO_BLOCK_SIZE:
                return so with
                {
                    HasBlockSizes = true, MinimumBlock = (int)reply.Minimum, PreferredBlock = (int)Math.Min(reply.Preferred, 1u << 30), MaximumBlock = reply.Maximum,
                };
            default:
                return so;
        }
    }

    private static bool IsSane(uint minimum, uint preferred, uint maximum) =>
        minimum is > 0 and <= 65536 && uint.IsPow2(minimum) && uint.IsPow2(preferred) && preferred >= minimum && (maximum >= minimum || maximum == NoLimit);

    private bool Unexpected(string what) => Fail(Errno.EPROTO, $"the server answers {(uint)_type} where {what} was expected");

    private void Refused(string what)
    {
        if (!IsError)
        {
            Unexpected(what);
            return;
        }

        var (error, words) = _type switch
        {
            NbdOptionReply.NBD_REP_ERR_UNKNOWN => (Errno.ENOENT, "the server does not have it"),
            NbdOptionReply.NBD_REP_ERR_POLICY => (Errno.EACCES, "the server's policy refuses"),
            NbdOptionReply.NBD_REP_ERR_TLS_REQD => (Errno.EACCES, "the server requires TLS, which this client does not speak"),
            NbdOptionReply.NBD_REP_ERR_SHUTDOWN => (Errno.ESHUTDOWN, "the server is shutting down"),
            NbdOptionReply.NBD_REP_ERR_UNSUP => (Errno.EOPNOTSUPP, "the server does not support this"),
            NbdOptionReply.NBD_REP_ERR_TOO_BIG => (Errno.E2BIG, "the server finds it too big"),
            NbdOptionReply.NBD_REP_ERR_EXT_HEADER_REQD => (Errno.EOPNOTSUPP, "the server requires extended headers"),
            _ => (Errno.EINVAL, "the server refuses"),
        };
        var said = NbdProblem.Clean(scratch.GetSpan()[.._length]);
        Fail(error, said.Length > 0 ? $"{what}: {words} (it says: {said})" : $"{what}: {words}");
    }

    private bool Fail(Errno error, string message)
    {
        Problem = new NbdProblem(error, message);
        return false;
    }
}
