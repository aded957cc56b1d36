using System.Text;
using Pentode.Files;

namespace Pentode.Testing.Files;

/// <summary>Collects directory entries, at most <c>room</c> of them per call of <see cref="Reset"/>.</summary>
public sealed class EntryList(int room = int.MaxValue) : IDirectorySink
{
    private int _left = room;

    /// <summary>What was taken.</summary>
    public List<(NodeId Id, long Cookie, byte Type, string Name)> Entries { get; } = [];

    /// <summary>Makes room for as many again.</summary>
    public void Reset() => _left = room;

    /// <inheritdoc/>
    public bool TryAdd(NodeId id, long cookie, byte type, ReadOnlySpan<byte> name)
    {
        if (_left-- <= 0)
            return false;
        Entries.Add((id, cookie, type, Encoding.Latin1.GetString(name)));
        return true;
    }
}
