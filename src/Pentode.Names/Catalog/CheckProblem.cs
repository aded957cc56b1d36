namespace Pentode.Names.Catalog;

/// <summary>One finding of a check.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Number">The object, or directory of the entry; 0 the store.</param>
/// <param name="Text">In words, with numbers.</param>
/// <param name="IsRepaired">It was and is not any more.</param>
public sealed record CheckProblem(CheckProblemKind Kind, long Number, string Text, bool IsRepaired);
