namespace Pentode.Names.Tree;

/// <summary>Kinds of node handles (<see cref="Files.NodeHandle.Kind"/>). They are in file handles clients keep: never renumber.</summary>
internal static class HandleKind
{
    /// <summary>An object of the catalog.</summary>
    public const byte Object = 0;

    /// <summary>Side data of a file; the operand is the level.</summary>
    public const byte Level = 1;

    /// <summary>A tag of a directory; the operand is its interned name.</summary>
    public const byte Tag = 2;

    /// <summary>Text: the tags of a directory.</summary>
    public const byte TagList = 3;

    /// <summary>Text: id.</summary>
    public const byte Id = 4;

    /// <summary>Text: name.</summary>
    public const byte NameOf = 5;

    /// <summary>Text: id of the directory.</summary>
    public const byte Parent = 6;

    /// <summary>Text: path.</summary>
    public const byte PathOf = 7;

    /// <summary>Text: everything.</summary>
    public const byte ShowId = 8;

    /// <summary>Text: which program this is.</summary>
    public const byte Constant = 9;

    /// <summary>Text: what <c>.(get)</c> and <c>.(checksums)</c> give; the operand says which.</summary>
    public const byte Get = 10;

    /// <summary>The switch for I/O; the operand is its position.</summary>
    public const byte SetIo = 11;

    /// <summary>The switch for the size; the operand is the size.</summary>
    public const byte SetSize = 12;

    /// <summary>The switch for a pin; the operand is the time in seconds.</summary>
    public const byte SetPin = 13;

    /// <summary>The switch for a checksum; the operand is its interned text.</summary>
    public const byte SetChecksum = 14;

    /// <summary>Locations of a file.</summary>
    public const byte Locations = 15;

    /// <summary>Labels (operand 0) or the files that have one (its interned text).</summary>
    public const byte Label = 16;
}
