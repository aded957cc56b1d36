namespace Pentode.Files;

/// <summary>Result of a create: the node (one reference for the caller) and the open file.</summary>
/// <param name="Node">The new or existing node.</param>
/// <param name="File">Open as asked.</param>
public readonly record struct CreatedFile(INode Node, IOpenFile File);
