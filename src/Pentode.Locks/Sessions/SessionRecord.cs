using System.Text;
using Pentode.Core.Codecs;

namespace Pentode.Locks.Sessions;

/// <summary>What a node says of itself in its session's key.</summary>
/// <param name="Node">Its name.</param>
/// <param name="BootId">Which run of the machine, from <c>/proc/sys/kernel/random/boot_id</c>.</param>
/// <param name="ProcessId">Of the daemon.</param>
/// <param name="Address">Where it can be reached, or empty.</param>
/// <param name="Beat">Number of this beat.</param>
public sealed record SessionRecord(string Node, string BootId, int ProcessId, string Address, ulong Beat)
{
    private const ushort Version = 1;
    private const int FixedBytes = 14;

    /// <summary>The bytes: version[2] pid[4] beat[8] node[s] boot_id[s] address[s], little endian, strings as len[2] and UTF-8.</summary>
    public byte[] Encode()
    {
        var texts = new[] { Encoding.UTF8.GetBytes(Node), Encoding.UTF8.GetBytes(BootId), Encoding.UTF8.GetBytes(Address) };
        var bytes = new byte[FixedBytes + texts.Sum(t => t.Length + 2)];
        var writer = new LittleEndianWriter(bytes);
        writer.U16(Version);
        writer.U32((uint)ProcessId);
        writer.U64(Beat);
        foreach (var text in texts)
            writer.Str(text);
        return bytes;
    }

    /// <summary>Reads what <see cref="Encode"/> wrote; null for anything else.</summary>
    public static SessionRecord? Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new LittleEndianReader(bytes);
        if (reader.U16() != Version)
            return null;
        var process = (int)reader.U32();
        var beat = reader.U64();
        var node = Encoding.UTF8.GetString(reader.Str());
        var boot = Encoding.UTF8.GetString(reader.Str());
        var address = Encoding.UTF8.GetString(reader.Str());
        return reader.Done() ? new SessionRecord(node, boot, process, address, beat) : null;
    }
}
