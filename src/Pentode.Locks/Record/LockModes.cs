namespace Pentode.Locks.Record;

/// <summary>The compatibility matrix of the three modes.</summary>
public static class LockModes
{
    /// <summary>True when two different holders may have these modes at one time.</summary>
    public static bool AreCompatible(LockMode a, LockMode b) =>
        a == LockMode.Null || b == LockMode.Null || (a == LockMode.Shared && b == LockMode.Shared);

    /// <summary>The highest mode a holder may keep while another is granted <paramref name="wanted"/>.</summary>
    public static LockMode HighestBeside(LockMode wanted) => wanted switch
    {
        LockMode.Null => LockMode.Exclusive,
        LockMode.Shared => LockMode.Shared,
        _ => LockMode.Null,
    };
}
