namespace Pentode.Rings.Client;

/// <summary>Tasks that wait for a credit, oldest first. Taking out of the middle is cheap.</summary>
internal sealed class RingsRequestList
{
    private RingsRequest? _last;

    public RingsRequest? First { get; private set; }

    public int Count { get; private set; }

    /// <summary>Puts a request in its place by age. New ones go to the end at once; refused ones are older than nearly all that wait.</summary>
    public void Insert(RingsRequest request)
    {
        if (_last is null || _last.Serial < request.Serial)
        {
            InsertBetween(_last, request, null);
            return;
        }

        var next = First;
        while (next is not null && next.Serial < request.Serial)
            next = next.Next;
        InsertBetween(next?.Previous, request, next);
    }

    public void Remove(RingsRequest request)
    {
        if (request.Previous is { } previous)
            previous.Next = request.Next;
        else
            First = request.Next;
        if (request.Next is { } next)
            next.Previous = request.Previous;
        else
            _last = request.Previous;
        request.Previous = null;
        request.Next = null;
        request.IsWaiting = false;
        Count--;
    }

    private void InsertBetween(RingsRequest? previous, RingsRequest request, RingsRequest? next)
    {
        request.Previous = previous;
        request.Next = next;
        if (previous is null)
            First = request;
        else
            previous.Next = request;
        if (next is null)
            _last = request;
        else
            next.Previous = request;
        request.IsWaiting = true;
        Count++;
    }
}
