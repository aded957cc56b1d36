namespace Pentode.Files.Memory;

/// <summary>A name in a directory. The number is its place in listings and never used again in that directory.</summary>
internal sealed class MemoryEntry(MemoryNode directory, string key, long number, MemoryNode node)
{
    /// <summary>Where.</summary>
    public MemoryNode Directory => directory;

    /// <summary>The bytes as Latin-1 text, which loses nothing.</summary>
    public string Key => key;

    /// <summary>Cookie.</summary>
    public long Number => number;

    /// <summary>What it names.</summary>
    public MemoryNode Node => node;
}
