namespace Pentode.Daemon.Configuration;

/// <summary>Which users of an export are taken for nobody (65534).</summary>
public enum SquashKind
{
    /// <summary>None: each is who it says it is.</summary>
    None,

    /// <summary>Root.</summary>
    Root,

    /// <summary>All.</summary>
    All,
}
