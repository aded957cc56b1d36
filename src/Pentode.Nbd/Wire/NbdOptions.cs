using Pentode.Core.Codecs;

namespace Pentode.Nbd.Wire;

/// <summary>Writers of the options a client sends. Each returns the bytes written; the caller provides room.</summary>
public static class NbdOptions
{
    /// <summary>An option with plain data: EXPORT_NAME with the name, the others without data.</summary>
    public static int Plain(Span<byte> to, NbdOption option, ReadOnlySpan<byte> data = default)
    {
        var head = NbdOptionHeader.Write(to, option, (uint)data.Length);
        data.CopyTo(to[head..]);
        return head + data.Length;
    }

    /// <summary>INFO or GO: <c>name length[4] name count[2] count * type[2]</c>.</summary>
    public static int Info(Span<byte> to, NbdOption option, ReadOnlySpan<byte> name, ReadOnlySpan<NbdInfo> types)
    {
        var head = NbdOptionHeader.Write(to, option, (uint)(4 + name.Length + 2 + (2 * types.Length)));
        var writer = new BigEndianWriter(to[head..]);
        writer.U32((uint)name.Length);
        writer.Bytes(name);
        writer.U16((ushort)types.Length);
        foreach (var type in types)
            writer.U16((ushort)type);
        return head + writer.Position;
    }

    /// <summary>LIST_META_CONTEXT or SET_META_CONTEXT: <c>name length[4] name count[4] count * (length[4] query)</c>.</summary>
    public static int Meta(Span<byte> to, NbdOption option, ReadOnlySpan<byte> name, ReadOnlySpan<byte[]> queries)
    {
        var length = 4 + name.Length + 4;
        foreach (var query in queries)
            length += 4 + query.Length;
        var head = NbdOptionHeader.Write(to, option, (uint)length);
        var writer = new BigEndianWriter(to[head..]);
        writer.U32((uint)name.Length);
        writer.Bytes(name);
        writer.U32((uint)queries.Length);
        foreach (var query in queries)
        {
            writer.U32((uint)query.Length);
            writer.Bytes(query);
        }

        return head + writer.Position;
    }
}
