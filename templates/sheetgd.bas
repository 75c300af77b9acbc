Option Explicit

' Run Epoch and Reset as buttons. The workbook needs neither: both only change the
' yellow cell clicks, as you can by hand, and keep nothing anywhere else.

' One click more: as many epochs are run as the cell epochs says. Where there is no
' room for more, or the descent has stopped by itself, nothing changes.
Public Sub RunEpoch()
    Dim ending As String
    ending = EndingHere()
    Dim asked As Double
    asked = CellOf("epochs", ending).Value * CellOf("clicks", ending).Value
    If CellOf("epochs_run", ending).Value < asked Then Exit Sub
    If asked >= CellOf("capacity", ending).Value Then Exit Sub
    CellOf("clicks", ending).Value = CellOf("clicks", ending).Value + 1
End Sub

' Back to the start.
Public Sub ResetEpochs()
    CellOf("clicks", EndingHere()).Value = 0
End Sub

' What the names of the page in view end with, where it has clicks of its own to be
' typed in, as the page As published; elsewhere nothing, for those of the first page.
Private Function EndingHere() As String
    Dim item As Name
    For Each item In ThisWorkbook.Names
        If Left(item.Name, 7) = "clicks_" Then
            If item.RefersToRange.Worksheet.Name = ActiveSheet.Name Then
                If Not item.RefersToRange.HasFormula Then EndingHere = Mid(item.Name, 7)
            End If
        End If
    Next item
End Function

Private Function CellOf(ByVal word As String, ByVal ending As String) As Range
    Set CellOf = ThisWorkbook.Names(word & ending).RefersToRange
End Function
