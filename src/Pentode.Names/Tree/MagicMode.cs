namespace Pentode.Names.Tree;

/// <summary>What names that begin with <c>.(</c> mean on an export.</summary>
public enum MagicMode
{
    /// <summary>Magic; those not understood do not exist and cannot be made (EINVAL).</summary>
    On,

    /// <summary>Ordinary names.</summary>
    Off,

    /// <summary>Magic when understood, ordinary names otherwise, as pnfs had it.</summary>
    Lax,
}
