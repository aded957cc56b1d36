namespace Pentode.Files;

/// <summary>
/// Names a node of one tree for as long as the node exists, across restarts of the daemon: what an NFS file handle carries. 17 bytes; a stale
/// or foreign one never leads to another object. It grants nothing: the front end that hands it out signs it.
/// </summary>
/// <param name="Kind">What the other two mean; the backend's own, 0 is an ordinary object.</param>
/// <param name="Object">Number of the object (inode number).</param>
/// <param name="Operand">Generation, level, tag: what else identifies it; 0 when nothing does.</param>
public readonly record struct NodeHandle(byte Kind, ulong Object, ulong Operand);
