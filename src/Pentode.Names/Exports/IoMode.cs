namespace Pentode.Names.Exports;

/// <summary>What an export lets be done with the data of files; the values are the integers of pnfs.</summary>
public enum IoMode
{
    /// <summary>Every file reads and writes.</summary>
    Full = 0,

    /// <summary>Only files enabled for it; others answer EIO.</summary>
    Meta = 30,
}
