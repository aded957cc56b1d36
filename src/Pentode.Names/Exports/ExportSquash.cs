namespace Pentode.Names.Exports;

/// <summary>Whose requests are nobody's.</summary>
public enum ExportSquash
{
    /// <summary>As the host is trusted or not: those of root of a host that is not.</summary>
    Default,

    /// <summary>Nobody's.</summary>
    None,

    /// <summary>Those of root.</summary>
    Root,

    /// <summary>Everybody's.</summary>
    All,
}
