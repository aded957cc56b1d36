using Pentode.Files;

namespace Pentode.Names.Tree;

/// <summary>What a switch does. The operand of its handle is the position, the size, the seconds or the interned text of the checksum.</summary>
/// <param name="Handle">Kind, file and operand.</param>
/// <param name="ChecksumType">For a checksum: its type.</param>
/// <param name="ChecksumValue">For a checksum: its value.</param>
internal readonly record struct SwitchAction(NodeHandle Handle, string ChecksumType = "", string ChecksumValue = "");
