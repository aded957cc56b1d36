using System.Text;

namespace Pentode.Locks;

/// <summary>Name of a domain or a lock: 1 to 255 raw bytes without <c>/</c> and NUL. Immutable, compared bytewise; its hash is kept.</summary>
public readonly struct LockName : IEquatable<LockName>
{
    /// <summary>Longest name of all.</summary>
    public const int MaxBytes = 255;

    private readonly byte[]? _bytes;
    private readonly int _hash;

    private LockName(byte[] bytes)
    {
        _bytes = bytes;
        var hash = default(HashCode);
        hash.AddBytes(bytes);
        _hash = hash.ToHashCode();
    }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Bytes in it.</summary>
    public int Length => _bytes?.Length ?? 0;

    /// <summary>Takes a copy of the bytes; false when they are no name.</summary>
    public static bool TryCreate(ReadOnlySpan<byte> bytes, out LockName name)
    {
        name = default;
        if (bytes.Length is 0 or > MaxBytes || bytes.ContainsAny((byte)'/', (byte)0))
            return false;
        name = new LockName(bytes.ToArray());
        return true;
    }

    /// <summary>A name of UTF-8 text; throws when it is none.</summary>
    public static LockName Of(string text) =>
        TryCreate(Encoding.UTF8.GetBytes(text), out var name) ? name : throw new ArgumentException($"not a lock name: {text}", nameof(text));

    /// <summary>Splits <c>DOMAIN/NAME</c>; false when it is not of that form.</summary>
    public static bool TryParsePath(string path, out LockName domain, out LockName name)
    {
        domain = name = default;
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            && TryCreate(Encoding.UTF8.GetBytes(path[..slash]), out domain)
            && TryCreate(Encoding.UTF8.GetBytes(path[(slash + 1)..]), out name);
    }

    /// <inheritdoc/>
    public bool Equals(LockName other) => _hash == other._hash && Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is LockName other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    /// <summary>UTF-8 text when it is printable, else with <c>\xHH</c> for the bytes that are not.</summary>
    public override string ToString()
    {
        var text = Encoding.UTF8.GetString(Bytes);
        if (!text.Any(c => char.IsControl(c) || c == '\uFFFD'))
            return text;
        var escaped = new StringBuilder();
        foreach (var b in Bytes)
            _ = b is >= 0x20 and < 0x7F ? escaped.Append((char)b) : escaped.Append("\\x").Append(b.ToString("x2"));
        return escaped.ToString();
    }

    /// <summary>Bytewise equality.</summary>
    public static bool operator ==(LockName left, LockName right) => left.Equals(right);

    /// <summary>Bytewise inequality.</summary>
    public static bool operator !=(LockName left, LockName right) => !left.Equals(right);
}
