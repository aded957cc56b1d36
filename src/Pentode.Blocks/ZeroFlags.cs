namespace Pentode.Blocks;

/// <summary>How to zero a range.</summary>
[Flags]
public enum ZeroFlags
{
    /// <summary>May deallocate, may be slow.</summary>
    None = 0,

    /// <summary>Keep the range allocated.</summary>
    NoHole = 1,

    /// <summary>Fail rather than be slow.</summary>
    Fast = 2,

    /// <summary>Return after it is durable.</summary>
    Fua = 4,
}
