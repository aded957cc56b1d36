using System.Runtime.InteropServices;

namespace Pentode.Linux;

/// <summary>struct iovec: one part of a vectored call.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct IoVector : IEquatable<IoVector>
{
    /// <summary>First byte.</summary>
    public byte* Base;

    /// <summary>Bytes.</summary>
    public nuint Length;

    /// <inheritdoc/>
    public readonly bool Equals(IoVector other) => Base == other.Base && Length == other.Length;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is IoVector other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine((nint)Base, Length);
}
