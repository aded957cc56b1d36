using System.Text;

namespace Pentode.Locks.Stores;

/// <summary>A key of a lock store: raw bytes, ordered bytewise, at most <see cref="MaxBytes"/> long and never empty. Immutable; the array is not copied.</summary>
public readonly struct StoreKey : IEquatable<StoreKey>, IComparable<StoreKey>
{
    /// <summary>Longest key any store has to take.</summary>
    public const int MaxBytes = 1024;

    private readonly byte[]? _bytes;

    /// <summary>Wraps bytes the caller no longer changes.</summary>
    public StoreKey(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ArgumentOutOfRangeException.ThrowIfZero(bytes.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, MaxBytes);
        _bytes = bytes;
    }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The same bytes as an array that must not be changed.</summary>
    public byte[] Array => _bytes ?? [];

    /// <summary>A key of UTF-8 text.</summary>
    public static StoreKey Of(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>This key with more bytes behind it.</summary>
    public StoreKey With(ReadOnlySpan<byte> tail) => new([.. Bytes, .. tail]);

    /// <summary>This key with UTF-8 text behind it.</summary>
    public StoreKey With(string tail) => With(Encoding.UTF8.GetBytes(tail));

    /// <summary>True when this key begins with all of <paramref name="prefix"/>.</summary>
    public bool StartsWith(StoreKey prefix) => Bytes.StartsWith(prefix.Bytes);

    /// <inheritdoc/>
    public bool Equals(StoreKey other) => Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is StoreKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public int CompareTo(StoreKey other) => Bytes.SequenceCompareTo(other.Bytes);

    /// <summary>Printable ASCII as it is, every other byte as <c>\xHH</c>: for log lines.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var b in Bytes)
            _ = b is >= 0x20 and < 0x7F ? text.Append((char)b) : text.Append("\\x").Append(b.ToString("x2"));
        return text.ToString();
    }

    /// <summary>Bytewise equality.</summary>
    public static bool operator ==(StoreKey left, StoreKey right) => left.Equals(right);

    /// <summary>Bytewise inequality.</summary>
    public static bool operator !=(StoreKey left, StoreKey right) => !left.Equals(right);

    /// <summary>Bytewise order.</summary>
    public static bool operator <(StoreKey left, StoreKey right) => left.CompareTo(right) < 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >(StoreKey left, StoreKey right) => left.CompareTo(right) > 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator <=(StoreKey left, StoreKey right) => left.CompareTo(right) <= 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >=(StoreKey left, StoreKey right) => left.CompareTo(right) >= 0;
}
